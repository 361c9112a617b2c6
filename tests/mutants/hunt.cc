// Looks for the first seed whose world shows that something does not hold. Linked once as it is and
// once with each mutant: see CMakeLists.txt.
//
//   hunt [SEEDS]     exit 0: "seed 17: M1: order 3 was captured twice"; 1: none in seeds 1..SEEDS

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "base/check.h"
#include "hosts/simulator/sweep.h"

namespace orderflow::simulator {
namespace {

constexpr std::uint64_t kSeedsDefault = 2'000;
constexpr std::uint64_t kProcesses = 2;

/// Processes, not threads: a mutant may stop itself by a CHECK, and its seed is to be known then.
struct Shared {
  struct Process {
    std::atomic<std::uint64_t> seed;    ///< it is at
    std::array<char, 400> violation{};  ///< at that seed; empty for none
  };
  std::atomic<std::uint64_t> found;  ///< the least seed with a violation so far
  std::array<Process, kProcesses> processes;
};

Shared& share_memory() {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return *new (memory) Shared{};
}

void note_found(Shared& shared, std::uint64_t seed) {
  std::uint64_t least = shared.found;
  while (seed < least && !shared.found.compare_exchange_weak(least, seed)) {
  }
}

void note_violation(Shared::Process& process, std::string_view invariant, std::string_view detail) {
  std::snprintf(process.violation.data(), process.violation.size(), "%.*s: %.*s",
                static_cast<int>(invariant.size()), invariant.data(),
                static_cast<int>(detail.size()), detail.data());
}

/// Runs every kProcesses-th seed, up to the least that is known to fail.
[[noreturn]] void run_seeds(Shared& shared, std::uint64_t place) {
  Shared::Process& process = shared.processes[place];
  for (process.seed = place + 1; process.seed < shared.found; process.seed += kProcesses) {
    const std::uint64_t seed = process.seed;
    const Answer answer = simulate(question_of(seed));
    if (answer.violations.empty()) continue;
    const Violation& first = answer.violations.front();
    note_violation(process, first.invariant, first.detail);
    note_found(shared, seed);
    break;
  }
  _exit(0);
}

/// 0 where no seed of 1..seeds fails.
std::uint64_t hunt(Shared& shared, std::uint64_t seeds) {
  shared.found = seeds + 1;
  std::array<pid_t, kProcesses> children{};
  for (std::uint64_t place = 0; place < kProcesses; ++place) {
    children[place] = fork();
    CHECK(children[place] >= 0);
    if (children[place] == 0) run_seeds(shared, place);
  }
  for (std::uint64_t ended = 0; ended < kProcesses; ++ended) {
    int status = 0;
    const pid_t child = wait(&status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    Shared::Process& process = shared.processes[child == children[0] ? 0 : 1];
    note_violation(process, "CHECK", "the program stopped itself");
    note_found(shared, process.seed);
  }
  return shared.found > seeds ? 0 : shared.found.load();
}

}  // namespace
}  // namespace orderflow::simulator

int main(int argc, char** argv) {
  using namespace orderflow::simulator;
  std::uint64_t seeds = kSeedsDefault;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), seeds);
  Shared& shared = share_memory();
  const std::uint64_t seed = hunt(shared, seeds);
  if (seed == 0) {
    std::printf("none in %lu seeds\n", static_cast<unsigned long>(seeds));
    return 1;
  }
  const Shared::Process& process = shared.processes[(seed - 1) % kProcesses];
  std::printf("seed %lu: %s\n", static_cast<unsigned long>(seed), process.violation.data());
  return 0;
}
