#include "functions/order_recovery.h"

#include "base/limits.h"

namespace orderflow {
namespace {

/// Orders nudged in one run. The rest is still overdue at the next one.
constexpr std::int64_t kOverdueBatch = 1'000;

}  // namespace

Task<Result<std::int64_t>> recover_overdue(Services& services) {
  const Timestamp due_before = services.clock.now() - kOverdueGrace;
  auto overdue = co_await services.orders.overdue(due_before, kOverdueBatch);
  if (!overdue) co_return std::unexpected(std::move(overdue.error()));
  std::int64_t nudged = 0;
  for (const OverdueOrder& order : *overdue) {
    auto result = co_await services.queue.nudge(order.due.stage, order.id, Duration::zero());
    if (result) ++nudged;
  }
  co_return nudged;
}

}  // namespace orderflow
