#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "ports/timers.h"
#include "proof/world/auditor.h"
#include "proof/world/random.h"
#include "proof/world/simulation.h"

namespace orderflow::world {

/// One life of a program: after its death nothing that it began goes on.
struct Process {
  int number = 0;  ///< of the worker: for the trace, and an odd one may be of the older version
  bool alive = true;
  Duration clock_ahead{};
};

/// A site, and the fault that happens there.
struct Met {
  Site site;
  std::optional<Fault> fault;

  [[nodiscard]] bool is(Fault one) const { return fault == one; }
  /// The call has no effect, and an error as its answer.
  [[nodiscard]] bool fails_before() const {
    return is(Fault::FailBefore) || is(Fault::HangBefore) || is(Fault::Throttle);
  }
  /// It has its effect, and an error as its answer.
  [[nodiscard]] bool fails_after() const { return is(Fault::FailAfter) || is(Fault::HangAfter); }
};

/// Virtual time and the one heap of events. A coroutine that waits is its completion handler in the
/// heap, with the process that it belongs to. When that is dead, the handler is destroyed without a
/// call, and the coroutine with it (from the event loop, never within the code that runs now).
///
/// Production code that spawns coroutines (a queue, a batch) runs on executor() and waits by
/// WorldTimers, so it dies with its process like everything else.
class World {
 public:
  using Action = std::move_only_function<void()>;
  /// Resumes a coroutine; with an error it throws that there.
  using Resume = std::move_only_function<void(boost::system::error_code)>;

  World(const WorldSetup& setup, WorldResult& result, Auditor& auditor);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] Duration now() const { return now_; }
  /// The clock of Timers. As on a suspended machine, it stops while the world stands still.
  [[nodiscard]] SteadyTime steady_now() const { return SteadyTime(now_ - stood_still_); }
  [[nodiscard]] Timestamp wall_clock() const;
  [[nodiscard]] std::uint64_t seed() const { return setup_.seed; }
  [[nodiscard]] HomeKind home() const { return setup_.scenario.home; }
  [[nodiscard]] const Scenario& scenario() const { return setup_.scenario; }
  [[nodiscard]] Auditor& auditor() { return auditor_; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }

  /// The event is dropped with `process`; null where it belongs to the world outside.
  void in(Duration delay, const Process* process, Action action);
  /// Runs `task` as far as it goes at once. What it throws is a violation.
  void start(Task<void> task);
  /// The next event; false where there is none.
  bool step();

  /// Resumes the caller after `delay` (nullopt: never), or soon after it is cancelled, as
  /// run_sqs_batch() does with late steps; it then throws operation_aborted, as Asio does.
  [[nodiscard]] Task<void> pass(const Process* process, std::optional<Duration> delay);
  /// Suspends the caller; `start` gets the Resume that resumes it, or drops it.
  template <typename Start>
  [[nodiscard]] static Task<void> suspend(Start start) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                       void(boost::system::error_code)>(std::move(start),
                                                                        boost::asio::use_awaitable);
  }
  /// Resumes the coroutine the first time; later calls do nothing.
  static void resume(Resume& waiting, boost::system::error_code error = {}) {
    if (auto go_on = std::exchange(waiting, nullptr)) go_on(error);
  }
  /// Suspends the caller for good: its process is dead, or hangs. A hanging caller can be
  /// cancelled.
  [[nodiscard]] Task<void> never(const Process& process) { return pass(&process, std::nullopt); }

  /// Counts the site and asks the fault plan. Calls of ports use call() instead.
  Met meet(Point point, std::uint32_t order, FaultSet possible);
  /// A port's call on its way to the other side. Does not return where the caller dies or hangs
  /// before the effect.
  [[nodiscard]] Task<Met> call(Process& process, Point point, std::uint32_t order);
  /// The answer on its way back. Does not return where the caller dies or hangs after the effect.
  [[nodiscard]] Task<void> answer(Process& process, Met met);

  /// Moves the time on by `time`, in which nothing happens.
  void stand_still(Duration time);
  /// The process ends here and now. Does nothing to a dead one.
  void kill(Process& process);
  void on_death(std::function<void(Process&)> died) { died_ = std::move(died); }

  void stop_faults();
  [[nodiscard]] bool faulty() const { return faulty_; }

  /// Uniform in [0, 2^64), by the seed and these alone.
  [[nodiscard]] std::uint64_t draw(const Site& site, std::uint64_t salt) const;
  [[nodiscard]] Duration between(Duration low, Duration high, const Site& site,
                                 std::uint64_t salt) const;

  void name_order(const OrderId& id, std::uint32_t number) { numbers_[id] = number; }
  [[nodiscard]] std::uint32_t number_of(const OrderId& id) const;

  void violate(std::string_view invariant, std::string detail) {
    auditor_.violate(invariant, std::move(detail));
  }
  /// Adds what happened to the order to the hash and, as a line, to the trace.
  void note(std::uint32_t order, std::string_view what);

 private:
  struct Scheduled {
    Duration at;
    std::uint64_t tie;
    std::uint64_t sequence;
    const Process* process;
    Action run;
  };
  struct RunsLater {
    bool operator()(const Scheduled& a, const Scheduled& b) const {
      return std::tie(a.at, a.tie, a.sequence) > std::tie(b.at, b.tie, b.sequence);
    }
  };

  template <typename Run>
  void run(Run&& run);
  void poll();
  [[nodiscard]] Duration latency(const Site& site, std::uint64_t salt) const;
  [[nodiscard]] Task<void> hang(Process& process, const Site& site);
  void record(const Met& met);
  void tell(std::uint32_t order, std::string_view what);
  void tell_violations();
  void mix(std::uint64_t number);

  const WorldSetup& setup_;
  WorldResult& result_;
  Auditor& auditor_;
  boost::asio::io_context io_{1};
  Duration now_{};
  Duration stood_still_{};
  std::uint64_t sequence_ = 0;
  std::vector<Scheduled> events_;  ///< a heap, the next on top
  std::map<std::pair<Point, std::uint32_t>, std::uint32_t> counts_;
  /// Never iterated: its order is not the same in every build.
  std::unordered_map<OrderId, std::uint32_t> numbers_;
  std::function<void(Process&)> died_;
  bool faulty_ = true;
  FaultSet spent_ = 0;  ///< what happens once in a world, and has
  std::size_t violations_told_ = 0;
};

/// Virtual time for production code, whose waits are events of the world and end with its process.
///
/// The coroutines that wait are kept here and not in their timers: a timer is often a part of the
/// coroutine that waits for it, and the two would keep each other alive after the process died.
class WorldTimers final : public Timers {
 public:
  WorldTimers(World& world, const Process& process) : world_(world), process_(process) {}

  SteadyTime now() override { return world_.steady_now(); }
  std::unique_ptr<Timer> make_timer() override;

 private:
  class WorldTimer;

  void resume_in(Duration delay, std::uint64_t wait);

  World& world_;
  const Process& process_;
  std::map<std::uint64_t, World::Resume> waiting_;
  std::uint64_t newest_wait_ = 0;
};

}  // namespace orderflow::world
