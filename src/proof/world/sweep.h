#pragma once

#include <cstdint>

#include "proof/world/parallel.h"

namespace orderflow::world {

/// The world of a seed: its shop, its customers and its faults.
[[nodiscard]] WorldSetup setup_of(std::uint64_t seed);

/// The worlds of the seeds first, first + 1, ...; to the end or the smallest that fails.
[[nodiscard]] Part sweep(std::uint64_t first, std::uint64_t count, const Parallel& how,
                         const Simulate& simulate);

}  // namespace orderflow::world
