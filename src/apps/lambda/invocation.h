#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>

#include "base/task.h"

namespace orderflow::lambda {

/// One event from the Lambda service. A process has one at a time.
struct Invocation {
  std::string request_id;
  std::string trace_id;  ///< of X-Ray, empty where there is none
  /// When the service kills the process.
  std::chrono::steady_clock::time_point deadline;
  std::string event;  ///< JSON, of a shape that depends on what the function is attached to
};

/// Why an invocation as a whole failed. The service counts it as an error of the function and,
/// where the event came from a queue or a schedule, delivers the event again.
struct InvocationError {
  std::string type;     ///< "InvalidEvent": a name for metrics and searches
  std::string message;  ///< for a person; never holds personal data
};

/// The answer as JSON.
using InvocationResult = std::expected<std::string, InvocationError>;

/// Handles one event. The invocation outlives the task. When the task ends, everything that it
/// started must have ended too: the process may be frozen after it, until the next event or for
/// good.
using Function = std::function<Task<InvocationResult>(const Invocation&)>;

// Margins before the deadline.
/// A function stops its work and answers.
inline constexpr std::chrono::milliseconds kStopMargin{1'000};
/// A function that is still running is cancelled.
inline constexpr std::chrono::milliseconds kCancelMargin{500};
/// A function that ignores the cancellation is reported as failed, and the process ends.
inline constexpr std::chrono::milliseconds kAbandonMargin{200};

}  // namespace orderflow::lambda
