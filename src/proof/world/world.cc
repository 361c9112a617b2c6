#include "proof/world/world.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <ostream>

namespace orderflow::world {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBeginning{std::chrono::sys_days{std::chrono::January / 5 / 2026}};
/// How long the local home waits for an answer.
constexpr Duration kCallTimeout = 30s;

}  // namespace

World::World(const WorldSetup& setup, WorldResult& result, Auditor& auditor)
    : setup_(setup), result_(result), auditor_(auditor) {}

World::~World() {
  events_.clear();
  poll();  // destroys what was suspended
}

Timestamp World::wall_clock() const { return kBeginning + now_; }

void World::in(Duration delay, const Process* process, Action action) {
  const std::uint64_t sequence = ++sequence_;
  const Duration at = now_ + std::max(delay, Duration::zero());
  const std::uint64_t tie = Random::mix(setup_.seed ^ Random::mix(sequence));
  events_.push_back({at, tie, sequence, process, std::move(action)});
  std::ranges::push_heap(events_, RunsLater{});
}

void World::start(Task<void> task) {
  asio::co_spawn(io_, std::move(task), [](const std::exception_ptr& problem) {
    if (problem) std::rethrow_exception(problem);
  });
}

bool World::step() {
  while (!events_.empty()) {
    std::ranges::pop_heap(events_, RunsLater{});
    Scheduled event = std::move(events_.back());
    events_.pop_back();
    if (event.process != nullptr && !event.process->alive) continue;
    now_ = event.at;
    ++result_.tally.events;
    run(event.run);
    poll();
    if (setup_.trace != nullptr) tell_violations();
    return true;
  }
  return false;
}

/// What a coroutine of ours or of production code throws comes out here.
template <typename Run>
void World::run(Run&& run) {
  try {
    run();
  } catch (const std::exception& exception) {
    violate("CHECK", exception.what());
  }
}

void World::poll() {
  io_.restart();
  run([this] { io_.poll(); });
}

Task<void> World::pass(const Process* process, std::optional<Duration> delay) {
  auto start = [this, process, delay](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    const auto waiting = std::make_shared<Resume>(std::move(handler));
    if (delay) in(*delay, process, [waiting] { resume(*waiting); });
    if (!slot.is_connected()) return;
    slot.assign([this, process, waiting](asio::cancellation_type) {
      in(0ms, process, [waiting] { resume(*waiting, asio::error::operation_aborted); });
    });
  };
  return suspend(std::move(start));
}

Met World::meet(Point point, std::uint32_t order, FaultSet possible) {
  Met met{.site = {point, order, ++counts_[{point, order}]}, .fault = std::nullopt};
  possible &= ~spent_;
  if (faulty_ && possible != 0) {
    if (setup_.list_sites) result_.sites.emplace_back(met.site, possible);
    met.fault = setup_.faults.at(met.site, possible);
    if (met.is(Fault::Outage)) spent_ |= set_of(Fault::Outage);
  }
  record(met);
  return met;
}

Task<Met> World::call(Process& process, Point point, std::uint32_t order) {
  if (!process.alive) co_await never(process);
  const Met met = meet(point, order, possible_faults(home(), point));
  co_await pass(&process, latency(met.site, 1));
  if (met.is(Fault::CrashBefore)) kill(process);
  if (!process.alive) co_await never(process);
  if (met.is(Fault::HangBefore)) co_await hang(process, met.site);
  co_return met;
}

Task<void> World::answer(Process& process, Met met) {
  if (met.is(Fault::CrashAfter)) kill(process);
  if (!process.alive) co_await never(process);
  if (met.is(Fault::HangAfter)) co_await hang(process, met.site);
  Duration way = latency(met.site, 2);
  if (met.is(Fault::Slow)) way += between(5s, 20s, met.site, 3);
  co_await pass(&process, way);
}

/// A serverless invocation is ended by its time limit.
Task<void> World::hang(Process& process, const Site& site) {
  if (home() == HomeKind::Serverless) co_await never(process);
  co_await pass(&process, kCallTimeout + between(0s, 1s, site, 4));
}

void World::stand_still(Duration time) {
  now_ += time;
  stood_still_ += time;
  for (Scheduled& event : events_) event.at += time;  // the heap stays one
  note(kNoOrder, "nothing has run for days");
}

void World::kill(Process& process) {
  if (!process.alive) return;
  process.alive = false;
  note(kNoOrder, fmt::format("worker {} dies", process.number));
  if (died_) died_(process);
}

void World::stop_faults() {
  faulty_ = false;
  note(kNoOrder, "the faults stop");
}

std::uint64_t World::draw(const Site& site, std::uint64_t salt) const {
  std::uint64_t drawn = Random::mix(setup_.seed + 0x9e3779b97f4a7c15U * (salt + 1));
  drawn = Random::mix(drawn ^ static_cast<std::uint64_t>(site.point));
  return Random::mix(drawn ^ (std::uint64_t{site.order} << 32 | site.nth));
}

Duration World::between(Duration low, Duration high, const Site& site, std::uint64_t salt) const {
  return Duration(Random(draw(site, salt)).between(low.count(), high.count()));
}

/// Mostly some milliseconds, sometimes more, seldom seconds.
Duration World::latency(const Site& site, std::uint64_t salt) const {
  Random random(draw(site, salt));
  const std::uint64_t kind = random.below(100);
  const std::int64_t most = kind < 90 ? 25 : kind < 98 ? 500 : 4'000;
  return Duration(random.between(0, most));
}

std::uint32_t World::number_of(const OrderId& id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? kNoOrder : found->second;
}

void World::record(const Met& met) {
  mix(static_cast<std::uint64_t>(now_.count()));
  mix(static_cast<std::uint64_t>(met.site.point) << 40 | met.site.nth);
  mix(std::uint64_t{met.site.order} << 8 |
      (met.fault ? static_cast<std::uint64_t>(*met.fault) + 1 : 0));
  if (met.fault) {
    result_.injected.push_back({met.site, *met.fault});
    std::optional<Status> status;
    if (met.site.order != kNoOrder) status = auditor_.status_of(met.site.order);
    const std::size_t row = status ? static_cast<std::size_t>(*status) : kStatusCount;
    ++result_.tally.coverage[row][static_cast<std::size_t>(*met.fault)];
  }
  const bool says_nothing = met.site.order == kNoOrder && !met.fault;
  if (setup_.trace == nullptr || says_nothing) return;
  tell(met.site.order, met.fault ? fmt::format("{} {}  !! {}", to_string(met.site.point),
                                               met.site.nth, to_string(*met.fault))
                                 : fmt::format("{} {}", to_string(met.site.point), met.site.nth));
}

void World::note(std::uint32_t order, std::string_view what) {
  mix(static_cast<std::uint64_t>(now_.count()));
  mix(order);
  for (const char letter : what) mix(static_cast<unsigned char>(letter));
  if (setup_.trace != nullptr) tell(order, what);
}

void World::tell(std::uint32_t order, std::string_view what) {
  const std::string whose = order == kNoOrder ? "" : fmt::format("order {}", order);
  fmt::print(*setup_.trace, "{:>12.3f} s  {:<9} {}\n", static_cast<double>(now_.count()) / 1'000,
             whose, what);
}

void World::tell_violations() {
  const auto& violations = auditor_.violations();
  for (; violations_told_ < violations.size(); ++violations_told_) {
    const Violation& violation = violations[violations_told_];
    tell(kNoOrder, fmt::format("VIOLATION of {}: {}", violation.invariant, violation.detail));
  }
}

void World::mix(std::uint64_t number) {
  result_.trace_hash = Random::mix(result_.trace_hash * 0x9e3779b97f4a7c15U + number);
}

class WorldTimers::WorldTimer final : public Timer {
 public:
  explicit WorldTimer(WorldTimers& timers) : timers_(timers) {}

  Task<void> wait_until(SteadyTime time) override {
    auto start = [this, time](auto handler) {
      wait_ = ++timers_.newest_wait_;
      timers_.waiting_.emplace(wait_, std::move(handler));
      if (time == SteadyTime::max()) return;
      timers_.resume_in(std::chrono::ceil<Duration>(time - timers_.now()), wait_);
    };
    return World::suspend(std::move(start));
  }

  /// As with a timer of Asio, the coroutine goes on a moment later, not within this call.
  void cancel() override { timers_.resume_in(0ms, wait_); }

 private:
  WorldTimers& timers_;
  std::uint64_t wait_ = 0;  ///< the newest
};

std::unique_ptr<Timer> WorldTimers::make_timer() { return std::make_unique<WorldTimer>(*this); }

/// Of several events for one wait the first resumes it.
void WorldTimers::resume_in(Duration delay, std::uint64_t wait) {
  if (!waiting_.contains(wait)) return;
  world_.in(delay, &process_, [this, wait] {
    if (auto found = waiting_.extract(wait)) World::resume(found.mapped());
  });
}

}  // namespace orderflow::world
