#pragma once

#include "proof/world/parallel.h"

namespace orderflow::world {

/// Of every world of an exhaustive run.
inline constexpr std::uint64_t kExhaustiveSeed = 1;

/// Each short scenario without a fault, with every possible fault at every site, and, where
/// `pairs`, with every possible second fault at every site that comes later in the run with the
/// first one.
[[nodiscard]] Part exhaust(const std::vector<Scenario>& scenarios, bool pairs, const Parallel& how,
                           const Simulate& simulate);

}  // namespace orderflow::world
