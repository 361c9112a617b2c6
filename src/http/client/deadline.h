#pragma once

#include <chrono>

namespace orderflow {

/// When a call returns at the latest, whatever the other side does.
using Deadline = std::chrono::steady_clock::time_point;

}  // namespace orderflow
