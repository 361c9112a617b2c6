#include "functions/effect.h"

namespace orderflow {
namespace {

/// Providers forget idempotency keys (Stripe: after 24 hours).
constexpr std::chrono::hours kKeyTrusted{12};

}  // namespace

PaymentRequest payment_request(const Order& order, Operation operation, int attempt) {
  return {.order = order.id(),
          .key = idempotency_key(order.id(), operation, attempt),
          .amount = order.body->total,
          .currency = order.body->currency,
          .payment_method = order.body->payment_method};
}

bool look_up_first(const Order& order, Timestamp now) {
  const EventType last = order.state.events.back().type;
  return last == EventType::WorkDeferred || last == EventType::WorkRetried ||
         now - order.updated_at() > kKeyTrusted;
}

}  // namespace orderflow
