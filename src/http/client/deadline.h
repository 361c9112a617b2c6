#pragma once

#include <chrono>

namespace orderflow::aws {

/// By when a call must have come back, whatever the other side does.
using Deadline = std::chrono::steady_clock::time_point;

}  // namespace orderflow::aws
