#include "proof/world/sweep.h"

namespace orderflow::world {

WorldSetup setup_of(std::uint64_t seed) {
  return {.seed = seed, .scenario = random_scenario(seed), .faults = FaultPlan::random(seed)};
}

Part sweep(std::uint64_t first, std::uint64_t count, const Parallel& how,
           const Simulate& simulate) {
  return add_up(count, how, [&](std::uint64_t number) {
    const std::uint64_t seed = first + number;
    WorldSetup setup = setup_of(seed);
    WorldResult result = simulate(setup);
    Part part;
    part.tally.add(result);
    if (!result.violations.empty()) {
      part.failures.push_back(
          {"--seed " + std::to_string(seed), std::move(setup), std::move(result)});
    }
    return part;
  });
}

}  // namespace orderflow::world
