#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "proof/world/simulation.h"

namespace orderflow::world {

/// simulate(), or what stands in for it in a test.
using Simulate = std::function<Answer(const Question&)>;

/// The sum of many worlds.
struct Tally {
  std::int64_t worlds = 0;
  std::int64_t failed = 0;
  std::int64_t orders = 0;
  std::int64_t events = 0;
  Duration virtual_time{};
  std::array<std::int64_t, kFaultCount> faults{};
  Coverage coverage{};

  void add(const Answer& answer);
  void add(const Tally& other);
};

/// A world in which an invariant did not hold.
struct Failure {
  std::string replay;  ///< the options that name the world: "--seed 7"
  Question question;
  Answer answer;
};

/// What a run of worlds came to.
struct Part {
  Tally tally;
  std::vector<Failure> failures;  ///< the first few, in the order of their worlds

  void add(const Part& other);
};

}  // namespace orderflow::world
