#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace orderflow {

/// The queues of work, one a processor.
enum class Stage : std::uint8_t { Payment, Inventory, Fulfillment };
inline constexpr int kStageCount = 3;
[[nodiscard]] std::string_view to_string(Stage stage);  ///< "payment", "inventory", "fulfillment"
[[nodiscard]] std::optional<Stage> stage_from_string(std::string_view name);

/// What a step does.
enum class Operation : std::uint8_t { Authorize, Reserve, Claim, Capture, Ship, Void };
inline constexpr int kOperationCount = 6;
[[nodiscard]] std::string_view to_string(Operation operation);  ///< "authorize"

/// The one step that an order waits for.
struct DueStep {
  Operation operation{};
  Stage stage{};  ///< the queue that takes it
  Timestamp at{};
};

}  // namespace orderflow
