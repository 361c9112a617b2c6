#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/log.h"
#include "functions/services.h"
#include "ports/timers.h"

// What nudges orders again whose nudges were lost: the store knows what is due.
namespace orderflow {

/// Nudges the orders whose step has been due for longer than kOverdueGrace: their nudge was lost.
/// Returns how many. It may run at any time and in several processes at once.
Task<Result<std::int64_t>> recover_overdue(Services& services);

/// Calls recover_overdue() every `interval`, for as long as the process lives or until `stop`, and
/// `report` with each result. An error does not end it.
Task<void> recover_periodically(Services& services, Timers& timers, Duration interval,
                                std::function<void(const Result<std::int64_t>&)> report,
                                std::stop_token stop = {});

/// Reads orders with a step due, in order of age, at most `limit`, those with a seq above `after`
/// (0: from the oldest). Fewer than `limit` is the end.
using ReadOpenOrders =
    std::function<Task<Result<std::vector<OpenOrder>>>(std::int64_t after, std::int64_t limit)>;

/// For the start of a process whose queue died with the process before: nudges every open order for
/// the time its step is due. Returns how many. Where they cannot be read, that is reported, and
/// order-recovery nudges them later.
Task<std::int64_t> resume_open_orders(ReadOpenOrders read, WorkQueue& queue, Clock& clock,
                                      ReportError report);

/// After commits of the order were lost, its step on disk is due again. Nudges it a moment later,
/// since writing fails now. Where the order cannot be read, order-recovery nudges it later.
Task<void> nudge_what_is_stored(Services& services, OrderId id);

}  // namespace orderflow
