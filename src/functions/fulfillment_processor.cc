#include <optional>

#include "base/check.h"
#include "functions/commit.h"
#include "functions/effect.h"
#include "functions/processors.h"

namespace orderflow {
namespace {

/// How far this call has come with an order.
struct Work {
  OrderPtr stored;  ///< null where this call is done with it
  /// The payment is captured and this is not stored yet. It is stored with the outcome of the
  /// shipment, in one commit. After a crash in between, the capture is asked for again under the
  /// same key.
  std::optional<Transition> captured;

  [[nodiscard]] const Order& latest() const { return captured ? *captured->next : *stored; }
};

const Work kDone;

/// `next` joined with the capture, where that is not stored yet.
Decision to_store(const Work& work, Decision next) {
  if (!next || !work.captured) return next;
  return followed_by(*work.captured, std::move(*next));
}

Task<Result<Work>> store(Services& services, Work work, Decision next) {
  auto stored = co_await commit(services, work.stored, to_store(work, std::move(next)));
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  co_return Work{std::move(*stored), std::nullopt};
}

/// A capture that is not stored yet is stored with the deferral, in one commit. Stored by itself it
/// would say that the order has just made progress, and an earlier shipment would not be looked up.
Task<Result<Work>> put_off(Services& services, Work work, int attempt, PaymentAnswer answer) {
  constexpr Actor kFulfillment = Actor::FulfillmentProcessor;
  Result<void> result;
  if (work.captured) {
    auto decision =
        without_result(services, work.latest(), kFulfillment, attempt, std::move(answer));
    result = co_await commit_and_nudge(services, work.stored, to_store(work, std::move(decision)));
  } else {
    result = co_await defer(services, work.stored, kFulfillment, attempt, std::move(answer));
  }
  if (!result) co_return std::unexpected(std::move(result.error()));
  co_return kDone;
}

/// Keeps the capture for the next commit.
Result<Work> carry_on(Work work, int attempt, Timestamp now) {
  auto decision = captured(*work.stored, attempt, now);
  if (!decision) return std::unexpected(std::move(decision.error()));
  work.captured = std::move(*decision);
  return work;
}

Task<Result<Work>> capture(Services& services, Work work) {
  const Order& order = *work.stored;
  const int attempt = attempt_due(order.state, Operation::Capture);
  if (look_up_first(order, services.clock.now())) {
    const auto record = co_await look_up_payment(services, order.id());
    if (!record) co_return co_await put_off(services, work, attempt, record.error());
    if (record->has_capture && record->captured >= order.body->total) {
      co_return carry_on(std::move(work), attempt, services.clock.now());
    }
  }
  PaymentAnswer answer = co_await ask_to_pay(services, &PaymentGateway::capture,
                                             payment_request(order, Operation::Capture, attempt));
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return carry_on(std::move(work), attempt, now);
    case EffectOutcome::Declined:
      co_return co_await store(services, work,
                               capture_declined(order, attempt, std::move(answer.reason), now));
    case EffectOutcome::Unknown:
    case EffectOutcome::PutOff:
      co_return co_await put_off(services, work, attempt, std::move(answer));
  }
  UNREACHABLE(answer.outcome);
}

Task<Result<Work>> ship(Services& services, Work work) {
  const Order& order = work.latest();
  const int attempt = attempt_due(order.state, Operation::Ship);
  const std::string key = idempotency_key(order.id(), Operation::Ship, attempt);
  ShipAnswer answer{.outcome = EffectOutcome::Declined};
  // The stored order decides: an earlier call may have shipped and crashed before its commit.
  if (look_up_first(*work.stored, services.clock.now())) {
    answer = co_await look_up_shipment(services, key, order.id());
  }
  if (answer.outcome == EffectOutcome::Declined) {
    answer = co_await ask_to_ship(services, key, order.body);
  }
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return co_await store(services, work,
                               shipped(order, attempt, std::move(answer.shipment.tracking_number),
                                       std::move(answer.shipment.carrier), now));
    case EffectOutcome::Declined:
      co_return co_await store(services, work,
                               parked(order, Actor::FulfillmentProcessor, attempt,
                                      "ship_declined: " + answer.reason, now));
    case EffectOutcome::Unknown:
    case EffectOutcome::PutOff: {
      PaymentAnswer without{answer.outcome, std::move(answer.reason), answer.retry_after};
      co_return co_await put_off(services, work, attempt, std::move(without));
    }
  }
  UNREACHABLE(answer.outcome);
}

Task<Result<Work>> step(Services& services, Work work, Operation operation) {
  switch (operation) {
    case Operation::Claim: {
      auto decision = claimed(*work.stored, services.clock.now());
      co_return co_await store(services, std::move(work), std::move(decision));
    }
    case Operation::Capture:
      co_return co_await capture(services, std::move(work));
    case Operation::Ship:
      co_return co_await ship(services, std::move(work));
    case Operation::Authorize:
    case Operation::Reserve:
    case Operation::Void:
      break;  // steps of other stages
  }
  UNREACHABLE(operation);
}

}  // namespace

Task<Result<void>> process_fulfillment(Services& services, OrderPtr order) {
  Work work{std::move(order), std::nullopt};
  while (work.stored) {
    const auto next = due(work.latest().state);
    if (!next) break;
    auto progress = co_await step(services, std::move(work), next->operation);
    if (!progress) co_return std::unexpected(std::move(progress.error()));
    work = std::move(*progress);
  }
  co_return Result<void>{};
}

}  // namespace orderflow
