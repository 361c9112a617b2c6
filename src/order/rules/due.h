#pragma once

#include <optional>
#include <string>

#include "order/model/order.h"
#include "order/model/step.h"

namespace orderflow {

/// What is due next: derived from the status, so it can not disagree with it. nullopt when the
/// order is at its end or parked.
[[nodiscard]] std::optional<DueStep> due(const OrderState& state);

/// At its end: no step will ever follow.
[[nodiscard]] bool terminal(const OrderState& state);

/// Which attempt at an external effect is due: 1, and one more for each decline that the timeline
/// holds. An unknown outcome never makes a new attempt.
[[nodiscard]] int attempt_due(const OrderState& state, Operation operation);

/// The key under which an external effect is asked for, "<orderId>:<operation>:<attempt>". The same
/// for every repetition, so that the effect happens once.
[[nodiscard]] std::string idempotency_key(const OrderId& id, Operation operation, int attempt);

}  // namespace orderflow
