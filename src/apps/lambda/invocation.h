#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>

#include "base/task.h"

namespace orderflow::lambda {

/// One event that the Lambda service hands to this process, which has one at a time.
struct Invocation {
  std::string request_id;
  std::string trace_id;  ///< of X-Ray, empty where there is none
  /// When the service ends the process, whatever it is doing.
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

/// What is run for every event. The invocation outlives the task. When the task is done, nothing
/// that it began is still going on: what is left behind would be frozen until the next event, or
/// for good.
using Function = std::function<Task<InvocationResult>(const Invocation&)>;

/// A function that reaches this margin before its deadline ends what it is doing and answers.
inline constexpr std::chrono::milliseconds kStopMargin{1'000};
/// What has not ended at this margin is cancelled.
inline constexpr std::chrono::milliseconds kCancelMargin{500};
/// What ignores even that is reported as failed at this margin, and the process starts anew.
inline constexpr std::chrono::milliseconds kAbandonMargin{200};

}  // namespace orderflow::lambda
