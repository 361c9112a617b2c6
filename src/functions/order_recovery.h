#pragma once

#include "functions/services.h"

namespace orderflow {

/// Nudges the orders whose step has been due for longer than kOverdueGrace: their nudge was lost.
/// Returns how many. Runs on a schedule; it may run at any time and in several processes at once.
Task<Result<std::int64_t>> recover_overdue(Services& services);

}  // namespace orderflow
