#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "adapters/sandbox/books.h"
#include "base/time.h"
#include "ports/payment_gateway.h"

namespace orderflow {

/// A payment provider for development and tests. The payment method decides what happens:
///
///   pm_card_visa, or any other that begins with pm_   authorized
///   pm_card_chargeDeclined                    declined: card_declined
///   pm_card_chargeDeclinedInsufficientFunds   declined: insufficient_funds
///   pm_sim_capture_declined   authorized, but the capture is declined: authorization_expired
///   pm_sim_unknown_before     the first call times out before it has an effect
///   pm_sim_unknown_after      the first call times out after its effect
///   pm_sim_unknown_always     every call times out without an effect: the order is parked in the end
///   pm_sim_throttled          the first call is answered 429 with Retry-After: 1
///   pm_sim_hold               authorized, but the answer waits for pm_sim_release
///   pm_sim_release            authorized; answers every held order that is older than this one
///   anything else             declined: invalid_payment_method
///
/// An order is authorized once and captured once, in full. A second attempt under another key is
/// declined. One thread at a time.
class SandboxGateway final : public PaymentGateway {
 public:
  /// Each answer comes `latency` after its effect.
  explicit SandboxGateway(sandbox::Books& books, Duration latency = Duration::zero())
      : books_(books), latency_(latency) {}

  Task<PaymentAnswer> authorize(PaymentRequest request) override;
  Task<PaymentAnswer> capture(PaymentRequest request) override;
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override;
  Task<PaymentAnswer> refund(PaymentRequest request) override;
  Task<std::expected<PaymentRecord, PaymentAnswer>> look_up(OrderId order) override;

 private:
  Task<PaymentAnswer> pay(sandbox::PaymentOperation operation, PaymentRequest request);
  Task<PaymentAnswer> authorize_and_hold(PaymentRequest request);
  void release_until(const OrderId& order);

  sandbox::Books& books_;
  Duration latency_;
  OrderId released_until_;  ///< holds only orders above it: ids grow with time
  std::optional<boost::asio::steady_timer> hold_;  ///< never expires; release_until() cancels it
};

}  // namespace orderflow
