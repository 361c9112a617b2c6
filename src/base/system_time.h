#pragma once

#include "base/time.h"

namespace orderflow {

/// What the system's clock says. For programs: functions have the port Clock.
[[nodiscard]] inline Timestamp system_time() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

}  // namespace orderflow
