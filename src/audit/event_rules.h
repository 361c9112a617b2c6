#pragma once

#include <vector>

#include "audit/timeline.h"

namespace orderflow {

/// What each event may say, beside its place in the status table: who did it, its amount and detail;
/// that time does not run backwards; and what the state may hold beside its events. T1, M1 and L1.
[[nodiscard]] std::vector<Finding> event_findings(const Order& order);

}  // namespace orderflow
