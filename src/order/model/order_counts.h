#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "order/model/status.h"

namespace orderflow {

/// How many orders are stored.
struct OrderCounts {
  /// nullopt where counting would mean to read every order.
  std::optional<std::array<std::int64_t, kStatusCount>> by_status;
  std::int64_t parked = 0;
};

}  // namespace orderflow
