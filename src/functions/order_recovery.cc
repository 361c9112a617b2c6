#include "functions/order_recovery.h"

#include <algorithm>
#include <utility>

#include "base/gather.h"
#include "base/limits.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

/// Orders nudged in one run. The rest is still overdue at the next one.
constexpr std::int64_t kOverdueBatch = 1'000;
/// Side by side, so that ten nudges of a stage share a request to SQS.
constexpr std::size_t kNudgedAtOnce = 100;
constexpr std::int64_t kOpenOrdersAtOnce = 512;
constexpr Duration kNudgeAfterFailure{1'000};

}  // namespace

Task<Result<std::int64_t>> recover_overdue(Services& services) {
  const Timestamp due_before = services.clock.now() - kOverdueGrace;
  auto overdue = co_await services.orders.overdue(due_before, kOverdueBatch);
  if (!overdue) co_return std::unexpected(std::move(overdue.error()));
  std::int64_t nudged = 0;
  for (std::size_t begin = 0; begin < overdue->size(); begin += kNudgedAtOnce) {
    const std::size_t end = std::min(begin + kNudgedAtOnce, overdue->size());
    std::vector<Task<Result<void>>> nudges;
    for (std::size_t i = begin; i < end; ++i) {
      const OverdueOrder& order = (*overdue)[i];
      nudges.push_back(services.queue.nudge(order.due.stage, order.id, Duration::zero()));
    }
    const auto results = co_await gather(std::move(nudges));
    nudged += std::ranges::count_if(results, &Result<void>::has_value);
  }
  co_return nudged;
}

Task<void> recover_periodically(Services& services, Timers& timers, Duration interval,
                                std::function<void(const Result<std::int64_t>&)> report,
                                std::stop_token stop) {
  const auto timer = timers.make_timer();
  const std::stop_callback wake(stop, [&timer] { timer->cancel(); });
  while (!stop.stop_requested()) {
    co_await timer->wait_until(timers.now() + interval);
    if (stop.stop_requested()) co_return;
    const auto nudged = co_await recover_overdue(services);
    report(nudged);
  }
}

Task<std::int64_t> resume_open_orders(ReadOpenOrders read, WorkQueue& queue, Clock& clock,
                                      ReportError report) {
  std::int64_t resumed = 0;
  for (std::int64_t after = 0;;) {
    const auto orders = co_await read(after, kOpenOrdersAtOnce);
    if (!orders) {
      report("open orders could not be read; order-recovery will nudge them", orders.error(), {});
      break;
    }
    for (const OpenOrder& order : *orders) {
      if (!order.due) {
        report("an open order cannot be read; `orderflow audit` says why",
               {ErrorCode::Corrupt, "its row is damaged, or of a later version"},
               {{"orderId", order.id.to_string()}});
        continue;
      }
      const Duration wait = order.due->at - clock.now();
      // A longer wait means that the clock was set back: the step is due now.
      const bool waits = wait > Duration::zero() && wait <= kBackoffCap;
      (void)co_await queue.nudge(order.due->stage, order.id, waits ? wait : Duration::zero());
      ++resumed;
    }
    if (std::cmp_less(orders->size(), kOpenOrdersAtOnce)) break;
    after = orders->back().seq;
  }
  co_return resumed;
}

Task<void> nudge_what_is_stored(Services& services, OrderId id) {
  const auto order = co_await services.orders.load(id, View::Durable);
  if (!order) co_return;
  if (const auto step = due((*order)->state)) {
    (void)co_await services.queue.nudge(step->stage, id, kNudgeAfterFailure);
  }
}

}  // namespace orderflow
