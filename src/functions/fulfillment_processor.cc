#include "base/check.h"
#include "functions/processors.h"
#include "functions/step.h"

namespace orderflow {
namespace {

constexpr Actor kActor = Actor::FulfillmentProcessor;

/// What a step leaves: the order to go on with, or null where this call has done what it can.
using Progress = Result<OrderPtr>;

Task<Progress> put_off(Services& services, OrderPtr order, int attempt, std::string problem) {
  auto result = co_await defer(services, std::move(order), kActor, attempt, std::move(problem));
  if (!result) co_return std::unexpected(std::move(result.error()));
  co_return nullptr;
}

Task<Progress> capture(Services& services, OrderPtr order) {
  const int attempt = attempt_due(order->state, Operation::Capture);
  if (look_up_first(*order, services.clock.now())) {
    const auto record = co_await services.gateway.look_up(order->id());
    if (!record) co_return co_await put_off(services, order, attempt, "payment_look_up_failed");
    if (order->body->total > 0 && record->captured >= order->body->total) {
      co_return co_await commit(services, order, captured(*order, attempt, services.clock.now()));
    }
  }
  PaymentAnswer answer =
      co_await services.gateway.capture(payment_request(*order, Operation::Capture, attempt));
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return co_await commit(services, order, captured(*order, attempt, now));
    case EffectOutcome::Declined:
      co_return co_await commit(services, order,
                                capture_declined(*order, attempt, std::move(answer.reason), now));
    case EffectOutcome::Unknown:
      co_return co_await put_off(services, order, attempt, std::move(answer.reason));
  }
  CHECK(!"an outcome");
}

Task<Progress> ship(Services& services, OrderPtr order) {
  const int attempt = attempt_due(order->state, Operation::Ship);
  const std::string key = idempotency_key(order->id(), Operation::Ship, attempt);
  ShipAnswer answer{.outcome = EffectOutcome::Declined};
  if (look_up_first(*order, services.clock.now())) answer = co_await services.carrier.look_up(key);
  if (answer.outcome == EffectOutcome::Declined) {
    answer = co_await services.carrier.ship(key, order->body);
  }
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return co_await commit(services, order,
                                shipped(*order, attempt, std::move(answer.shipment.tracking_number),
                                        std::move(answer.shipment.carrier), now));
    case EffectOutcome::Declined:
      co_return co_await commit(
          services, order, parked(*order, kActor, attempt, "ship_declined: " + answer.reason, now));
    case EffectOutcome::Unknown:
      co_return co_await put_off(services, order, attempt, std::move(answer.reason));
  }
  CHECK(!"an outcome");
}

Task<Progress> step(Services& services, OrderPtr order, Operation operation) {
  switch (operation) {
    case Operation::Claim:
      co_return co_await commit(services, order, claimed(*order, services.clock.now()));
    case Operation::Capture:
      co_return co_await capture(services, std::move(order));
    case Operation::Ship:
      co_return co_await ship(services, std::move(order));
    case Operation::Authorize:
    case Operation::Reserve:
    case Operation::Void:
      break;  // of other stages
  }
  CHECK(!"an operation of fulfillment");
}

}  // namespace

Task<Result<void>> process_fulfillment(Services& services, OrderPtr order) {
  while (order) {
    const auto next = due(order->state);
    if (!next) break;
    auto progress = co_await step(services, std::move(order), next->operation);
    if (!progress) co_return std::unexpected(std::move(progress.error()));
    order = std::move(*progress);
  }
  co_return Result<void>{};
}

}  // namespace orderflow
