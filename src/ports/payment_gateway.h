#pragma once

#include <expected>
#include <string>

#include "base/ids.h"
#include "base/money.h"
#include "base/task.h"
#include "base/time.h"

namespace orderflow {

/// The outcome of an external effect.
enum class EffectOutcome {
  Ok,        ///< It has happened, once, now or when this key was used before.
  Declined,  ///< Refused for good: it has not happened and will not happen under this key.
  /// Not known: a timeout, a 5xx, a 409, an answer that does not parse. It is never taken for
  /// declined, and asked for again under the same key only.
  Unknown,
  /// Not done by this call, which is no try: the other side asks to come again later (429), or was
  /// not asked (functions/breaker.h).
  PutOff,
};

struct PaymentAnswer {
  EffectOutcome outcome{};
  std::string reason;  ///< why not: "insufficient_funds"
  Duration
      retry_after{};  ///< where PutOff: how long the other side asks to wait; zero where unsaid
};

struct PaymentRequest {
  OrderId order;
  std::string key;  ///< idempotency_key(): equal keys are one effect
  Minor amount = 0;
  Currency currency = Currency::usd();
  std::string payment_method;  ///< a token; only authorize() looks at it
};

/// The provider's own record of an order.
struct PaymentRecord {
  Minor authorized = 0;
  Minor voided = 0;
  Minor captured = 0;
  Minor refunded = 0;
  bool tombstone = false;  ///< voided: no later request can hold money for this order
  // An order may be free: an amount of zero does not say that nothing has happened.
  bool has_authorization = false;
  bool has_capture = false;
};

/// The payment provider. No call throws or fails: what is not certain is EffectOutcome::Unknown.
/// Every call is idempotent under its key.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;

  /// Holds the amount. Declined once the order was voided.
  virtual Task<PaymentAnswer> authorize(PaymentRequest request) = 0;
  /// Takes the amount that is held. Declined where nothing is held (it has expired or was voided).
  virtual Task<PaymentAnswer> capture(PaymentRequest request) = 0;
  /// Releases what is held and leaves a tombstone: after Ok no authorization of this order
  /// succeeds, not even one that was sent before and arrives later. Ok as well where nothing was
  /// held. Declined after a capture.
  virtual Task<PaymentAnswer> void_authorization(PaymentRequest request) = 0;
  /// Gives back some or all of what was captured. Declined beyond that.
  virtual Task<PaymentAnswer> refund(PaymentRequest request) = 0;
  /// The provider's record of the order. Where there is no answer: Unknown or PutOff, with the
  /// reason.
  virtual Task<std::expected<PaymentRecord, PaymentAnswer>> look_up(OrderId order) = 0;
};

}  // namespace orderflow
