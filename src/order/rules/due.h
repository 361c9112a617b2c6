#pragma once

#include <optional>
#include <string>

#include "order/model/order.h"
#include "order/model/step.h"

namespace orderflow {

/// The step that is due next, derived from the status so that the two cannot disagree. nullopt
/// where the order is at its end or parked.
[[nodiscard]] std::optional<DueStep> due(const OrderState& state);

/// Whether a step has been due for kLateAfter without a result: since the last progress, however
/// often it was put off. False where nothing is due.
[[nodiscard]] bool late(const OrderState& state, Timestamp now);

/// Since when the due step waits for a result: the time of the last event that is no deferral. Where
/// that is ahead of the clock, which was set back since, it is the first try after that, or now.
[[nodiscard]] Timestamp waiting_since(const OrderState& state, Timestamp now);

/// At its end: no step will ever follow.
[[nodiscard]] bool terminal(const OrderState& state);

/// The number of the due attempt at an external effect: 1, plus one for each decline in the
/// timeline. An unknown outcome does not count: it is tried again as the same attempt, under the
/// same key.
[[nodiscard]] int attempt_due(const OrderState& state, Operation operation);

/// The idempotency key of an external effect, "<orderId>:<operation>:<attempt>". Every repetition
/// sends the same key, so the effect happens once.
[[nodiscard]] std::string idempotency_key(const OrderId& id, Operation operation, int attempt);

}  // namespace orderflow
