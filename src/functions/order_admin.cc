#include "functions/order_admin.h"

#include <algorithm>
#include <functional>

#include "base/gather.h"
#include "base/limits.h"
#include "order/rules/transitions.h"

namespace orderflow {
namespace {

/// How often a change is decided anew because a processor changed the order first.
constexpr int kRacesMax = 16;
/// Orders that are retried side by side.
constexpr std::size_t kRetriedAtOnce = 25;

/// After this time a bulk retry begins no more of them.
constexpr Duration kBulkRetryFor{2'000};

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

std::optional<Stage> parked_stage(OrderState state) {
  state.attention.reset();
  const auto next = due(state);
  return next ? std::optional(next->stage) : std::nullopt;
}

Task<Result<RetriedOrders>> retry_parked(Services& services, RetryQuery query) {
  const auto parked = co_await services.orders.parked(kParkedListMax, std::move(query.cursor));
  if (!parked) co_return std::unexpected(parked.error());
  std::vector<OrderId> matching;
  for (const ParkedOrder& order : parked->orders) {
    const auto& attention = order.state.attention;
    if (attention && attention->reason.starts_with(query.reason) &&
        parked_stage(order.state) == query.stage) {
      matching.push_back(order.id);
    }
  }
  RetriedOrders done{.next_cursor = parked->next_cursor};
  const Timestamp begun = services.clock.now();
  // Orders that cannot be retried must not keep those behind them from it.
  for (std::size_t at = 0; at < matching.size() && done.retried < query.limit;) {
    if (services.clock.now() - begun >= kBulkRetryFor) break;
    const auto places = static_cast<std::size_t>(query.limit - done.retried);
    const std::size_t end = std::min({matching.size(), at + kRetriedAtOnce, at + places});
    std::vector<Task<Result<OrderPtr>>> retries;
    for (; at < end; ++at) retries.push_back(retry_order(services, matching[at]));
    std::optional<Error> error;
    const std::int64_t before = done.retried;
    const auto results = co_await gather(std::move(retries));
    for (const auto& result : results) {
      if (result) ++done.retried;
      // A conflict is an order that another retry was faster with, or that has too many events.
      if (!result && result.error().code != ErrorCode::Conflict) error = result.error();
    }
    // What is retried is stored, so it is told; the rest is a repeated call's.
    if (error && done.retried == 0) co_return std::unexpected(std::move(*error));
    if (error && done.retried == before) break;
  }
  done.remaining = std::ssize(matching) - done.retried;
  co_return done;
}

}  // namespace orderflow
