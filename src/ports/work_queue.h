#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "order/model/step.h"

namespace orderflow {

struct QueueDepth {
  Stage stage{};
  std::int64_t ready = 0;      ///< could be worked on now
  std::int64_t in_flight = 0;  ///< being worked on
  std::int64_t delayed = 0;    ///< nudged for later
  /// Nudges that the queue has given up and keeps for a person; nullopt where it cannot be asked.
  std::optional<std::int64_t> dead_letters = 0;
  /// How long the oldest ready nudge has waited; nullopt where the queue does not say.
  std::optional<Duration> oldest_age;
};

/// What a queue calls for each nudge that it delivers: take_step() of functions/take_step.h.
using TakeStep = std::function<Task<Result<void>>(Stage, OrderId)>;

/// What a queue calls for a nudge that it would deliver no more, with the error of the last delivery:
/// give_up() of functions/take_step.h. An error leaves the nudge to the queue.
using GiveUp = std::function<Task<Result<void>>(Stage, OrderId, Error)>;

/// A queue message is a nudge: "look at this order". It may be lost, doubled, late or out of order:
/// only the stored order says which step is due, and order-recovery nudges what is overdue.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;
  /// `delay`: not before; zero for at once. An error means that the nudge may be lost.
  virtual Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) = 0;
  /// One entry a stage, in the order of Stage.
  virtual Task<Result<std::vector<QueueDepth>>> depths() = 0;
};

}  // namespace orderflow
