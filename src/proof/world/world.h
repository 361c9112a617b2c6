#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proof/world/auditor.h"
#include "proof/world/random.h"
#include "proof/world/simulation.h"
#include "base/task.h"

namespace orderflow::world {

/// One life of a program: after its death nothing that it began goes on.
struct Process {
  int number = 0;  ///< of the worker, for the trace and for who is of which version
  bool alive = true;
  Duration clock_ahead{};
};

/// What a call, a message or a request meets.
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
/// heap, with the process that it belongs to: when that is dead, the handler is destroyed uncalled,
/// and so the coroutine (by way of the event loop, never inside of what runs now).
class World {
 public:
  using Handler = std::move_only_function<void()>;

  World(const Question& question, Answer& answer, Auditor& auditor);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] Duration now() const { return now_; }
  [[nodiscard]] Timestamp wall_clock() const;
  [[nodiscard]] Home home() const { return question_.scenario.home; }
  [[nodiscard]] const Scenario& scenario() const { return question_.scenario; }
  [[nodiscard]] Auditor& auditor() { return auditor_; }

  /// `process`: whose death drops it; null for what belongs to the world outside.
  void in(Duration delay, const Process* process, Handler handler);
  /// Runs `task` as far as it goes at once. What it throws is a violation.
  void start(Task<void> task);
  /// The next event; false where there is none.
  bool step();

  [[nodiscard]] Task<void> pass(const Process* process, Duration delay);
  /// Suspends the caller; `start` gets the handler that resumes it, or drops it.
  template <typename Start>
  [[nodiscard]] static Task<void> suspend(Start start) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(start), boost::asio::use_awaitable);
  }
  /// Suspends whoever calls for good.
  [[nodiscard]] Task<void> never();

  /// Counts the site and asks the plan. Not for calls of ports: see call().
  Met meet(Point point, std::uint32_t order, FaultSet possible);
  /// The way of a port's call to the other side. Does not return where the caller dies or hangs
  /// before the effect.
  [[nodiscard]] Task<Met> call(Process& process, Point point, std::uint32_t order);
  /// ... and back.
  [[nodiscard]] Task<void> answer(Process& process, Met met);

  /// Nothing happens for so long.
  void stand_still(Duration time);
  /// The process ends here and now. Twice is once.
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

  void violate(std::string invariant, std::string detail);
  /// Something happened to the order: into the hash, and as a line of the trace.
  void note(std::uint32_t order, std::string_view what);

 private:
  struct Event {
    Duration at;
    std::uint64_t tie;
    std::uint64_t sequence;
    const Process* process;
    Handler run;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return std::tie(a.at, a.tie, a.sequence) > std::tie(b.at, b.tie, b.sequence);
    }
  };

  void poll();
  [[nodiscard]] Duration latency(const Site& site, std::uint64_t salt) const;
  [[nodiscard]] Task<void> hang(Process& process, const Site& site);
  void record(const Met& met);
  void tell(std::uint32_t order, std::string_view what);
  void tell_violations();
  void mix(std::uint64_t number);

  const Question& question_;
  Answer& answer_;
  Auditor& auditor_;
  boost::asio::io_context io_{1};
  Duration now_{};
  std::uint64_t sequence_ = 0;
  std::vector<Event> events_;  ///< a heap, the next on top
  std::map<std::pair<Point, std::uint32_t>, std::uint32_t> counts_;
  std::unordered_map<OrderId, std::uint32_t> numbers_;  // never iterated
  std::function<void(Process&)> died_;
  bool faulty_ = true;
  std::size_t violations_told_ = 0;
};

/// What can go wrong at a point in a home, and, for what can not, why not.
[[nodiscard]] FaultSet possible_faults(Home home, Point point);

}  // namespace orderflow::world
