// Looks for the first seed whose world shows that something does not hold. Linked once as it is and
// once with each mutant: see CMakeLists.txt.
//
//   hunt SEEDS     exit 0: "seed 17: M1: order 3: it is captured twice"; 1: none in seeds 1..SEEDS

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "proof/world/simulation.h"

namespace orderflow::world {
namespace {

std::uint64_t seed_now = 0;

void tell(std::uint64_t seed, const Violation& violation) {
  std::printf("seed %lu: %s: %s\n", static_cast<unsigned long>(seed), violation.invariant.c_str(),
              violation.detail.c_str());
}

/// A CHECK has ended the program, which has said on stderr where: a mutant is found by that too.
void on_abort(int /*signal*/) {
  tell(seed_now, {"CHECK", "the program stopped itself"});
  std::fflush(stdout);
  _exit(0);
}

int hunt(std::uint64_t seeds) {
  std::signal(SIGABRT, on_abort);
  for (seed_now = 1; seed_now <= seeds; ++seed_now) {
    const WorldResult result = simulate(setup_of(seed_now));
    if (result.violations.empty()) continue;
    tell(seed_now, result.violations.front());
    return 0;
  }
  std::printf("none in %lu seeds\n", static_cast<unsigned long>(seeds));
  return 1;
}

}  // namespace
}  // namespace orderflow::world

int main(int argc, char** argv) {
  std::uint64_t seeds = 0;
  if (argc == 2) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), seeds);
  return orderflow::world::hunt(seeds);
}
