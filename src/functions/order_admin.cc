#include "functions/order_admin.h"

#include <functional>

#include "order/rules/transitions.h"

namespace orderflow {
namespace {

/// How often a change is decided anew because a processor changed the order first.
constexpr int kRacesMax = 16;

using Decide = std::function<Decision(const Order&, Timestamp now)>;

/// Loads, decides and commits, again after each version conflict. Then nudges the step that is due.
Task<Result<OrderPtr>> change(Services& services, OrderId id, Decide decide) {
  for (int race = 0; race < kRacesMax; ++race) {
    auto order = co_await services.orders.load(id, View::Latest);
    if (!order) co_return std::unexpected(std::move(order.error()));
    auto decision = decide(**order, services.clock.now());
    if (!decision) co_return std::unexpected(std::move(decision.error()));
    const OrderPtr next = decision->next;
    auto outcome = co_await services.orders.commit((*order)->version(), std::move(*decision));
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
    if (*outcome != CommitOutcome::Committed) continue;
    if (const auto step = due(next->state)) {
      (void)co_await services.queue.nudge(step->stage, id, Duration::zero());
    }
    co_return next;
  }
  co_return failure(ErrorCode::Unavailable, "the order keeps changing; try again");
}

bool illegal(const Result<OrderPtr>& result) {
  return !result && result.error().code == ErrorCode::IllegalTransition;
}

}  // namespace

Task<Result<OrderPtr>> cancel_order(Services& services, OrderId id, std::string reason) {
  Decide decide = [reason = std::move(reason)](const Order& order, Timestamp now) {
    return cancelled(order, reason, now);
  };
  auto result = co_await change(services, id, std::move(decide));
  if (!illegal(result)) co_return result;
  auto order = co_await services.orders.load(id, View::Durable);
  if (!order || (*order)->state.status == Status::Cancelled) co_return order;
  co_return failure(ErrorCode::Conflict, "an order that is " +
                                             std::string(to_string((*order)->state.status)) +
                                             " cannot be cancelled");
}

Task<Result<OrderPtr>> retry_order(Services& services, OrderId id) {
  auto result = co_await change(services, id, retried);
  if (!illegal(result)) co_return result;
  co_return failure(ErrorCode::Conflict, "this order is not parked");
}

}  // namespace orderflow
