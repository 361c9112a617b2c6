#include "proof/world/world_timers.h"

namespace orderflow::world {

using namespace std::chrono_literals;

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
