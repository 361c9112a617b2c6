#include "functions/commit.h"

#include <algorithm>

namespace orderflow {

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
    const Duration delay = std::max(Duration::zero(), step->at - (*next)->updated_at());
    // If this nudge is lost, order-recovery finds the order: it is stored and due.
    (void)co_await services.queue.nudge(step->stage, (*next)->id(), delay);
  }
  co_return Result<void>{};
}

Task<Result<void>> defer(Services& services, OrderPtr order, Actor actor, int attempt,
                         std::string problem) {
  auto decision = deferred(*order, actor, attempt, std::move(problem), services.ids.jitter(),
                           services.clock.now());
  return commit_and_nudge(services, std::move(order), std::move(decision));
}

}  // namespace orderflow
