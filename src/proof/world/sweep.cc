#include "proof/world/sweep.h"

namespace orderflow::world {

Question question_of(std::uint64_t seed) {
  return {.seed = seed, .scenario = random_scenario(seed), .faults = FaultPlan::random(seed)};
}

Part sweep(std::uint64_t first, std::uint64_t count, const Parallel& how,
           const Simulate& simulate) {
  return add_up(count, how, [&](std::uint64_t number) {
    const std::uint64_t seed = first + number;
    Question question = question_of(seed);
    Answer answer = simulate(question);
    Part part;
    part.tally.add(answer);
    if (!answer.violations.empty()) {
      part.failures.push_back(
          {"--seed " + std::to_string(seed), std::move(question), std::move(answer)});
    }
    return part;
  });
}

}  // namespace orderflow::world
