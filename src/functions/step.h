#pragma once

#include <string>

#include "functions/services.h"
#include "order/rules/transitions.h"

namespace orderflow {

/// Commits what was decided and gives the order as it now is; null where somebody else changed the
/// order first: their commit nudged whatever is due now.
Task<Result<OrderPtr>> commit(Services& services, OrderPtr order, Decision decision);

/// Commits and nudges the stage of what is due then.
Task<Result<void>> commit_and_nudge(Services& services, OrderPtr order, Decision decision);

/// Records that the step that is due had no result, and nudges its next try, or parks the order.
Task<Result<void>> defer(Services& services, OrderPtr order, Actor actor, int attempt,
                         std::string problem);

/// What to ask the payment provider for: always the whole order, under the key of the attempt.
[[nodiscard]] PaymentRequest payment_request(const Order& order, Operation operation, int attempt);

/// The effect that is due may have been asked for before, too long ago to trust that the other side
/// still knows its key: look it up before asking again.
[[nodiscard]] bool look_up_first(const Order& order, Timestamp now);

}  // namespace orderflow
