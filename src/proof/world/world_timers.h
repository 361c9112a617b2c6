#pragma once

#include <cstdint>
#include <map>

#include "ports/timers.h"
#include "proof/world/world.h"

namespace orderflow::world {

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
