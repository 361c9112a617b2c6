#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "order/model/status.h"

namespace orderflow {

enum class Operation : std::uint8_t { Authorize, Reserve, Claim, Capture, Ship, Void };
[[nodiscard]] std::string_view to_string(Operation operation);  ///< "authorize"

/// The one step that an order waits for.
struct Due {
  Operation operation{};
  Stage stage{};
  Timestamp at{};
};

}  // namespace orderflow
