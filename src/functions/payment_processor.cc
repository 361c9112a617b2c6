#include "base/check.h"
#include "functions/commit.h"
#include "functions/effect.h"
#include "functions/processors.h"

namespace orderflow {
namespace {

constexpr Actor kActor = Actor::PaymentProcessor;

/// True where the provider already holds the whole amount: an earlier try had an effect.
bool holds_all(const PaymentRecord& record, const Order& order) {
  return record.has_authorization && !record.tombstone &&
         record.authorized - record.voided >= order.body->total;
}

Task<Result<void>> authorize(Services& services, OrderPtr order) {
  const int attempt = attempt_due(order->state, Operation::Authorize);
  if (look_up_first(*order, services.clock.now())) {
    const auto record = co_await look_up_payment(services, order->id());
    if (!record) co_return co_await defer(services, order, kActor, attempt, record.error());
    if (holds_all(*record, *order)) {
      co_return co_await commit_and_nudge(services, order,
                                          authorized(*order, attempt, services.clock.now()));
    }
  }
  PaymentAnswer answer = co_await ask_to_pay(
      services, &PaymentGateway::authorize, payment_request(*order, Operation::Authorize, attempt));
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return co_await commit_and_nudge(services, order, authorized(*order, attempt, now));
    case EffectOutcome::Declined:
      co_return co_await commit_and_nudge(
          services, order, authorization_declined(*order, attempt, std::move(answer.reason), now));
    case EffectOutcome::Unknown:
    case EffectOutcome::PutOff:
      co_return co_await defer(services, order, kActor, attempt, std::move(answer));
  }
  UNREACHABLE(answer.outcome);
}

/// Needs no look-up: a void has the same outcome however often it is repeated, under any key.
Task<Result<void>> void_authorization(Services& services, OrderPtr order) {
  const int attempt = attempt_due(order->state, Operation::Void);
  PaymentAnswer answer = co_await ask_to_pay(services, &PaymentGateway::void_authorization,
                                             payment_request(*order, Operation::Void, attempt));
  const Timestamp now = services.clock.now();
  switch (answer.outcome) {
    case EffectOutcome::Ok:
      co_return co_await commit_and_nudge(services, order, voided(*order, attempt, now));
    case EffectOutcome::Declined:
      co_return co_await commit_and_nudge(
          services, order, parked(*order, kActor, attempt, "void_declined: " + answer.reason, now));
    case EffectOutcome::Unknown:
    case EffectOutcome::PutOff:
      co_return co_await defer(services, order, kActor, attempt, std::move(answer));
  }
  UNREACHABLE(answer.outcome);
}

}  // namespace

Task<Result<void>> process_payment(Services& services, OrderPtr order) {
  return order->state.status == Status::Pending ? authorize(services, std::move(order))
                                                : void_authorization(services, std::move(order));
}

}  // namespace orderflow
