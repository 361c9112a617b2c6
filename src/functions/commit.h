#pragma once

#include <string>

#include "functions/services.h"
#include "order/rules/transitions.h"

namespace orderflow {

/// Commits the decision. Returns the order as it is stored now, or null where another commit
/// changed the order first: that one has nudged the step that is due now.
Task<Result<OrderPtr>> commit(Services& services, OrderPtr order, Decision decision);

/// Commits the decision and nudges the stage of the step that is due then.
Task<Result<void>> commit_and_nudge(Services& services, OrderPtr order, Decision decision);

/// Commits that the due step had no result: it is tried again later, or the order is parked.
Task<Result<void>> defer(Services& services, OrderPtr order, Actor actor, int attempt,
                         std::string problem);

}  // namespace orderflow
