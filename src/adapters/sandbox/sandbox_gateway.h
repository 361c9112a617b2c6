#pragma once

#include "adapters/sandbox/books.h"
#include "base/time.h"
#include "ports/payment_gateway.h"

namespace orderflow {

/// A payment provider for development and tests. What happens is up to the payment method:
///
///   pm_card_visa, or any other that begins with pm_   authorized
///   pm_card_chargeDeclined                            declined: card_declined
///   pm_card_chargeDeclinedInsufficientFunds           declined: insufficient_funds
///   pm_sim_capture_declined     authorized, but the capture is declined: authorization_expired
///   pm_sim_unknown_before       the first call times out before it has an effect
///   pm_sim_unknown_after        the first call times out after its effect
///   pm_sim_unknown_always       every call times out without an effect: the order is parked in the
///   end anything else                                     declined: invalid_payment_method
///
/// An order is authorized once and captured once, in full; another key can not repeat it.
class SandboxGateway final : public PaymentGateway {
 public:
  /// Each answer comes `latency` after its effect.
  explicit SandboxGateway(sandbox::Books& ledger, Duration latency = Duration::zero())
      : ledger_(ledger), latency_(latency) {}

  Task<PaymentAnswer> authorize(PaymentRequest request) override;
  Task<PaymentAnswer> capture(PaymentRequest request) override;
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override;
  Task<PaymentAnswer> refund(PaymentRequest request) override;
  Task<std::optional<PaymentRecord>> look_up(OrderId order) override;

 private:
  Task<PaymentAnswer> pay(sandbox::PaymentOperation operation, PaymentRequest request);

  sandbox::Books& ledger_;
  Duration latency_;
};

}  // namespace orderflow
