#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/money.h"
#include "base/task.h"

namespace orderflow {

/// What came of an external effect.
enum class EffectOutcome {
  Ok,        ///< It has happened, once, now or when this key was used before.
  Declined,  ///< Refused for good; it has not happened and, under this key, will not.
  /// Nobody knows: a timeout, a 5xx, a 409 or 429, an answer that does not parse. Never taken for
  /// declined, never asked again under another key.
  Unknown,
};

struct PaymentAnswer {
  EffectOutcome outcome{};
  std::string reason;  ///< why it was declined or is unknown: "insufficient_funds"
};

struct PaymentRequest {
  OrderId order;
  std::string key;  ///< idempotency_key(): equal keys are one effect
  Minor amount = 0;
  Currency currency = Currency::usd();
  std::string payment_method;  ///< a token; only authorize() looks at it
};

/// What the provider has on its own books for an order.
struct PaymentRecord {
  Minor authorized = 0;
  Minor voided = 0;
  Minor captured = 0;
  Minor refunded = 0;
  bool tombstone = false;  ///< voided: no later request can hold money for this order
  // Whether it has happened at all, which no amount tells of a free order.
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
  /// Takes the amount that is held. Declined where nothing is held (it expired, it was voided).
  virtual Task<PaymentAnswer> capture(PaymentRequest request) = 0;
  /// A tombstone: after Ok nothing is held for this order, and nothing can be by any request sent
  /// before, however late it arrives. Ok as well where nothing was held. Declined after a capture.
  virtual Task<PaymentAnswer> void_authorization(PaymentRequest request) = 0;
  /// Gives back some or all of what was captured. Declined beyond that.
  virtual Task<PaymentAnswer> refund(PaymentRequest request) = 0;
  /// What the provider knows of the order; nullopt when it can not be asked now.
  virtual Task<std::optional<PaymentRecord>> look_up(OrderId order) = 0;
};

}  // namespace orderflow
