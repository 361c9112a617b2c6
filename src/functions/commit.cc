#include "functions/commit.h"

#include <algorithm>

#include "base/limits.h"

namespace orderflow {
namespace {

/// Between the tries of a step that was put off, where the other side asks for no longer time.
constexpr Duration kPutOffMin{2'000};

/// At least what was asked for, and up to twice that: those that were put off together do not come
/// back together.
Duration wait_of(const PaymentAnswer& answer, double jitter) {
  const Duration least = std::clamp<Duration>(answer.retry_after, kPutOffMin, kBackoffCap);
  const auto more = static_cast<Duration::rep>(static_cast<double>(least.count()) * jitter);
  return std::min<Duration>(least + Duration(more), kBackoffCap);
}

}  // namespace

Task<Result<OrderPtr>> commit(Services& services, OrderPtr order, Decision decision) {
  if (!decision) co_return std::unexpected(std::move(decision.error()));
  OrderPtr next = decision->next;
  auto outcome = co_await services.orders.commit(order->version(), std::move(*decision));
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return *outcome == CommitOutcome::Committed ? next : nullptr;
}

Task<Result<void>> commit_and_nudge(Services& services, OrderPtr order, Decision decision) {
  auto next = co_await commit(services, std::move(order), std::move(decision));
  if (!next) co_return std::unexpected(std::move(next.error()));
  if (!*next) co_return Result<void>{};
  if (const auto step = due((*next)->state)) {
    const Duration delay = std::max(Duration::zero(), step->at - services.clock.now());
    // If this nudge is lost, order-recovery finds the order: it is stored and due.
    (void)co_await services.queue.nudge(step->stage, (*next)->id(), delay);
  }
  co_return Result<void>{};
}

Decision without_result(Services& services, const Order& order, Actor actor, int attempt,
                        PaymentAnswer answer) {
  const double jitter = services.ids.jitter();
  const bool put_off = answer.outcome == EffectOutcome::PutOff;
  const Duration not_before = put_off ? wait_of(answer, jitter) : Duration::zero();
  return deferred(order, actor, attempt, std::move(answer.reason), jitter, services.clock.now(),
                  not_before);
}

Task<Result<void>> defer(Services& services, OrderPtr order, Actor actor, int attempt,
                         PaymentAnswer answer) {
  if (answer.outcome == EffectOutcome::PutOff) {
    const Duration wait = wait_of(answer, services.ids.jitter());
    const auto step = due(order->state);
    if (step && services.clock.now() + wait < step->at + kOverdueGrace) {
      co_return co_await services.queue.nudge(step->stage, order->id(), wait);
    }
  }
  auto decision = without_result(services, *order, actor, attempt, std::move(answer));
  co_return co_await commit_and_nudge(services, std::move(order), std::move(decision));
}

}  // namespace orderflow
