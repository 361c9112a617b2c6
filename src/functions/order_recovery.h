#pragma once

#include "functions/services.h"

namespace orderflow {

/// Nudges every order whose step has been due for longer than kOverdueGrace: its nudge was lost.
/// Returns how many it nudged. Scheduled; harmless to run at any time, by any number of hosts.
Task<Result<std::int64_t>> recover_overdue(Services& services);

}  // namespace orderflow
