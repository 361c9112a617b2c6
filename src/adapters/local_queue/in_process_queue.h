#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "base/backoff.h"
#include "ports/ids.h"
#include "ports/timers.h"
#include "ports/work_queue.h"

namespace orderflow {

/// How many orders of one stage are worked on at once.
inline constexpr std::int64_t kInFlightMax = 1024;
/// A nudge whose step could not be recorded comes again after a random time in [0, base * 2^n],
/// capped, where n counts how often it was handed over. Of several nudges for one step, one comes
/// again.
inline constexpr Backoff kRedelivery{.base = Duration(50), .cap = Duration(10'000)};

/// The queue of the local home: nudges in memory, for the process that made them. It forgets
/// everything when the process ends: the store knows what is due, and the next start nudges that
/// (resume_open_orders()).
///
/// Everything happens on the one thread that runs `executor`. A nudge costs about a microsecond and
/// 32 bytes. Later stages come first, so that orders are finished before more are begun.
///
///     InProcessQueue queue(io.get_executor(), timers, ids);
///     Services services{.queue = queue, ...};
///     queue.start([&](Stage stage, OrderId id) { return take_step(services, stage, id); });
class InProcessQueue final : public WorkQueue {
 public:
  InProcessQueue(boost::asio::any_io_executor executor, Timers& timers, Ids& ids,
                 std::int64_t in_flight_max = kInFlightMax);

  /// From now on each nudge calls `take_step`, those from before included. A retryable error brings
  /// the nudge again; any other error ends it, and order-recovery nudges the order for as long as
  /// it is due. What `take_step` throws leaves io.run().
  void start(TakeStep take_step);

  /// Hands over nothing more and waits for the steps in flight. After it the queue may be
  /// destroyed.
  Task<void> stop();

  /// Never runs a step itself: steps begin when the event loop comes to them. Unavailable once
  /// stopped.
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override;

 private:
  struct QueuedNudge {
    OrderId order;
    SteadyTime at;  ///< when it became ready, or will
    Stage stage{};
    int hand_overs = 0;
  };
  struct ReadyLater {
    bool operator()(const QueuedNudge& a, const QueuedNudge& b) const { return a.at > b.at; }
  };
  struct StageLane {
    std::deque<QueuedNudge> ready;
    boost::unordered_flat_set<OrderId, std::hash<OrderId>> again;  ///< will be redelivered
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
  };

  StageLane& lane(Stage stage) { return lanes_[static_cast<std::size_t>(stage)]; }
  void add(const QueuedNudge& nudge, Duration delay);
  void wake();
  Task<void> run();
  [[nodiscard]] SteadyTime turn();
  void move_due();
  [[nodiscard]] bool hand_over_one();
  Task<void> work(QueuedNudge nudge);
  void redeliver(QueuedNudge nudge);
  [[nodiscard]] bool idle() const;

  boost::asio::any_io_executor executor_;
  Timers& timers_;
  Ids& ids_;
  std::int64_t in_flight_max_;
  TakeStep take_step_;
  std::array<StageLane, kStageCount> lanes_;
  std::vector<QueuedNudge> delayed_;  ///< a heap, the soonest on top
  std::unique_ptr<Timer> turn_timer_;
  std::unique_ptr<Timer> idle_timer_;  ///< cancelled when stop() need not wait any longer
  bool running_ = false;               ///< run() has begun and not ended
  bool awake_ = true;                  ///< run() does not wait, or was woken
  bool stopped_ = false;
};

}  // namespace orderflow
