#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proof/world/simulation.h"

// Many worlds, on several threads.
namespace orderflow::world {

/// simulate(), or a test's replacement.
using Simulate = std::function<WorldResult(const WorldSetup&)>;

/// A world in which an invariant did not hold.
struct FailedWorld {
  std::string replay;  ///< the options that name the world: "--seed 7"
  WorldSetup setup;
  WorldResult result;
};

/// The sum of several worlds, and those that failed.
struct WorldSum {
  WorldTally tally;
  std::vector<FailedWorld> failures;  ///< the first few, in the order of their worlds

  void add(const WorldSum& other);
};

struct Parallel {
  int jobs = 1;
  bool keep_going = false;                  ///< after a failure
  const std::atomic<bool>* stop = nullptr;  ///< set from outside: ends soon, with what is there
  std::function<void(const WorldSum&)> progress;  ///< after each part, one at a time; may be null
};

/// The worlds of the seeds first, first + 1, ...; to the end or the smallest that fails.
[[nodiscard]] WorldSum sweep(std::uint64_t first, std::uint64_t count, const Parallel& how,
                             const Simulate& simulate);

/// Of every world of an exhaustive run.
inline constexpr std::uint64_t kExhaustiveSeed = 1;

/// Each short scenario without a fault, with every possible fault at every site, and, where
/// `pairs`, with every possible second fault at every site that comes later in the run with the
/// first one. An outage is in no pair: its hours have too many sites.
[[nodiscard]] WorldSum exhaust(const std::vector<Scenario>& scenarios, bool pairs,
                               const Parallel& how, const Simulate& simulate);

}  // namespace orderflow::world
