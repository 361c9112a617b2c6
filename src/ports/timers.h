#pragma once

#include <chrono>
#include <memory>

#include "base/task.h"

namespace orderflow {

/// A moment of a clock that cannot be set: for waiting. Dates come from Clock.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Suspends one coroutine at a time. May be destroyed only while none waits.
class Timer {
 public:
  virtual ~Timer() = default;
  /// Returns at `time`, or soon after cancel(). SteadyTime::max() waits for cancel() alone.
  virtual Task<void> wait_until(SteadyTime time) = 0;
  /// Ends the wait that is under way. Does nothing where none is: check the reason for the cancel
  /// again before waiting.
  virtual void cancel() = 0;
};

/// The passing of time: the machine's in production, virtual time in a simulated world.
class Timers {
 public:
  virtual ~Timers() = default;
  [[nodiscard]] virtual SteadyTime now() = 0;
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer() = 0;
};

}  // namespace orderflow
