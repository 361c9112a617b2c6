#include "functions/effect.h"

namespace orderflow {
namespace {

/// Providers forget idempotency keys (Stripe: after 24 hours).
constexpr std::chrono::hours kKeyTrusted{12};

const PaymentAnswer kProviderDown{EffectOutcome::PutOff, "payment_provider_down"};
const ShipAnswer kCarrierDown{.outcome = EffectOutcome::PutOff, .reason = "carrier_down"};

void learn(Breaker& breaker, const OrderId& order, EffectOutcome outcome, Clock& clock) {
  switch (outcome) {
    case EffectOutcome::Ok:
    case EffectOutcome::Declined:
      return breaker.answered();
    case EffectOutcome::Unknown:
      return breaker.unanswered(order, clock.now());
    case EffectOutcome::PutOff:
      return;
  }
}

}  // namespace

PaymentRequest payment_request(const Order& order, Operation operation, int attempt) {
  return {.order = order.id(),
          .key = idempotency_key(order.id(), operation, attempt),
          .amount = order.body->total,
          .currency = order.body->currency,
          .payment_method = order.body->payment_method};
}

Task<PaymentAnswer> ask_to_pay(Services& services,
                               Task<PaymentAnswer> (PaymentGateway::*effect)(PaymentRequest),
                               PaymentRequest request) {
  if (!services.payment_breaker.admits(services.clock.now())) co_return kProviderDown;
  const OrderId order = request.order;
  PaymentAnswer answer = co_await (services.gateway.*effect)(std::move(request));
  learn(services.payment_breaker, order, answer.outcome, services.clock);
  co_return answer;
}

Task<std::expected<PaymentRecord, PaymentAnswer>> look_up_payment(Services& services, OrderId id) {
  if (!services.payment_breaker.admits(services.clock.now())) {
    co_return std::unexpected(kProviderDown);
  }
  auto record = co_await services.gateway.look_up(id);
  learn(services.payment_breaker, id, record ? EffectOutcome::Ok : record.error().outcome,
        services.clock);
  co_return record;
}

Task<ShipAnswer> ask_to_ship(Services& services, std::string key,
                             std::shared_ptr<const OrderBody> order) {
  if (!services.carrier_breaker.admits(services.clock.now())) co_return kCarrierDown;
  const OrderId id = order->id;
  ShipAnswer answer = co_await services.carrier.ship(std::move(key), std::move(order));
  learn(services.carrier_breaker, id, answer.outcome, services.clock);
  co_return answer;
}

Task<ShipAnswer> look_up_shipment(Services& services, std::string key, OrderId id) {
  if (!services.carrier_breaker.admits(services.clock.now())) co_return kCarrierDown;
  ShipAnswer answer = co_await services.carrier.look_up(std::move(key));
  learn(services.carrier_breaker, id, answer.outcome, services.clock);
  co_return answer;
}

bool look_up_first(const Order& order, Timestamp now) {
  const EventType last = order.state.events.back().type;
  return last == EventType::WorkDeferred || last == EventType::WorkRetried ||
         now - order.updated_at() > kKeyTrusted;
}

}  // namespace orderflow
