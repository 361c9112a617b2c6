#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <deque>
#include <vector>

#include "base/backoff.h"
#include "ports/ids.h"
#include "ports/work_queue.h"

namespace orderflow {

/// How many orders of one stage are worked on at once.
inline constexpr std::int64_t kInFlightMax = 1024;
/// A nudge whose work could not be recorded comes again after a random time in [0, base * 2^n],
/// capped, where n counts its deliveries so far. Of several for one step, one comes again.
inline constexpr Backoff kRedelivery{.base = Duration(50), .cap = Duration(10'000)};

/// The queue of the local home: nudges in memory, delivered in the process that made them. It
/// forgets everything when the process ends: the store knows what is due, and the host nudges that
/// at start.
///
/// Everything happens on the one thread that runs `io`. A nudge costs about a microsecond and 32
/// bytes. Later stages are served first, so that what was begun is finished before more is begun.
///
///     InProcessQueue queue(io, ids);
///     Services services{.queue = queue, ...};
///     queue.start([&](Stage stage, OrderId id) { return take_step(services, stage, id); });
class InProcessQueue final : public WorkQueue {
 public:
  InProcessQueue(boost::asio::io_context& io, Ids& ids);

  /// From now on nudges are delivered, those from before included. An error of `take_step` that is
  /// retryable() delivers the nudge again; any other one ends it, and order-recovery brings it back
  /// for as long as the order is due. What `take_step` throws leaves io.run().
  void start(TakeStep take_step);

  /// Delivers nothing more and waits for what is in flight. After it the queue may be destroyed.
  Task<void> stop();

  /// Unavailable once stopped.
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override;

 private:
  using SteadyClock = std::chrono::steady_clock;

  struct Nudge {
    OrderId order;
    SteadyClock::time_point at;  ///< when it became ready, or will
    Stage stage{};
    int deliveries = 0;
  };
  struct Later {
    bool operator()(const Nudge& a, const Nudge& b) const { return a.at > b.at; }
  };
  struct Lane {
    std::deque<Nudge> ready;
    boost::unordered_flat_set<OrderId, std::hash<OrderId>> again;  ///< will be delivered again
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
  };

  Lane& lane(Stage stage) { return lanes_[static_cast<std::size_t>(stage)]; }
  void add(const Nudge& nudge, Duration delay);
  void set_timer();
  void move_due();
  void schedule();
  void deliver();
  [[nodiscard]] bool deliver_one();
  Task<void> work(Nudge nudge);
  void redeliver(Nudge nudge);
  [[nodiscard]] bool idle() const;

  boost::asio::io_context& io_;
  Ids& ids_;
  TakeStep take_step_;
  std::array<Lane, kStageCount> lanes_;
  std::vector<Nudge> delayed_;  ///< a heap, the soonest on top
  boost::asio::steady_timer timer_;
  SteadyClock::time_point timer_at_ = SteadyClock::time_point::max();
  boost::asio::steady_timer idle_;  ///< cancelled when the last one in flight is done
  bool scheduled_ = false;          ///< deliver() is on its way
  bool delivering_ = false;         ///< ... and is under way
  bool stopped_ = false;
};

}  // namespace orderflow
