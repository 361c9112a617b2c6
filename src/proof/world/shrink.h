#pragma once

#include <vector>

#include "proof/world/tally.h"

namespace orderflow::world {

struct Shrunk {
  std::vector<FaultAt> faults;
  int runs = 0;
  /// The faults of the failure, given as a list, violate the same invariant. Where false, `faults`
  /// are all of them.
  bool reproduced = false;
};

/// The fewest faults of a failure that still violate the same invariant, by delta debugging (ddmin;
/// Zeller and Hildebrandt 2002): none of them can be left out. In `runs_max` runs, or as few as it
/// came to by then.
[[nodiscard]] Shrunk shrink(const FailedWorld& failure, const Simulate& simulate,
                            int runs_max = 1'000);

}  // namespace orderflow::world
