#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "proof/world/simulation.h"

namespace orderflow::world {

/// simulate(), or a test's replacement.
using Simulate = std::function<WorldResult(const WorldSetup&)>;

/// The sum of many worlds.
struct WorldTally {
  std::int64_t worlds = 0;
  std::int64_t failed = 0;
  std::int64_t orders = 0;
  std::int64_t events = 0;
  Duration virtual_time{};
  std::array<std::int64_t, kFaultCount> faults{};
  Coverage coverage{};

  void add(const WorldResult& result);
  void add(const WorldTally& other);
};

/// A world in which an invariant did not hold.
struct FailedWorld {
  std::string replay;  ///< the options that name the world: "--seed 7"
  WorldSetup setup;
  WorldResult result;
};

/// The sum of several worlds, and those that failed.
struct Part {
  WorldTally tally;
  std::vector<FailedWorld> failures;  ///< the first few, in the order of their worlds

  void add(const Part& other);
};

}  // namespace orderflow::world
