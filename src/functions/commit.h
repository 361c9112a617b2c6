#pragma once

#include "functions/services.h"
#include "order/rules/transitions.h"

namespace orderflow {

/// Commits the decision. Returns the order as it is stored now, or null where another commit
/// changed the order first: that one has nudged the step that is due now.
Task<Result<OrderPtr>> commit(Services& services, OrderPtr order, Decision decision);

/// Commits the decision and nudges the stage of the step that is due then.
Task<Result<void>> commit_and_nudge(Services& services, OrderPtr order, Decision decision);

/// What a step that has no result comes to: it is tried again later, or the order is parked. `answer`
/// is Unknown or PutOff.
///
/// What was put off leaves no event for as long as order-recovery does not take the order for lost.
/// A longer wait is stored like that after a try: what is not stored as due later would be nudged by
/// every run of order-recovery.
Task<Result<void>> defer(Services& services, OrderPtr order, Actor actor, int attempt,
                         PaymentAnswer answer);

/// deferred() for such an answer.
[[nodiscard]] Decision without_result(Services& services, const Order& order, Actor actor,
                                      int attempt, PaymentAnswer answer);

}  // namespace orderflow
