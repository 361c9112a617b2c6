#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "proof/world/tally.h"

namespace orderflow::world {

struct Parallel {
  int jobs = 1;
  bool keep_going = false;                    ///< after a failure
  const std::atomic<bool>* stop = nullptr;    ///< set from outside: ends soon, with what is there
  std::function<void(const Part&)> progress;  ///< after each part, one at a time; may be null
};

/// Adds up work(0) to work(count - 1), run on threads. The parts are added in the order of their
/// numbers up to the first that fails, so the sum does not depend on how many threads there are.
[[nodiscard]] Part add_up(std::uint64_t count, const Parallel& how,
                          const std::function<Part(std::uint64_t)>& work);

}  // namespace orderflow::world
