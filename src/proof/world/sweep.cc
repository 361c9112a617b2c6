#include "proof/world/sweep.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <span>
#include <thread>

namespace orderflow::world {
namespace {

constexpr std::size_t kFailuresMax = 20;

using SiteFaults = std::pair<Site, FaultSet>;

/// Runs a world and adds its result to `part`. `replay` are the options of `simulate` that run it
/// again.
WorldResult run_world(std::string replay, WorldSetup setup, const Simulate& simulate,
                      WorldSum& part) {
  WorldResult result = simulate(setup);
  WorldSum one{.tally = result.tally};
  one.tally.worlds = 1;
  if (!result.violations.empty()) {
    one.tally.failed = 1;
    one.failures.push_back({std::move(replay), std::move(setup), result});
  }
  part.add(one);
  return result;
}

WorldResult run_scenario(const Scenario& scenario, const std::vector<FaultAt>& faults,
                         bool list_sites, const Simulate& simulate, WorldSum& part) {
  WorldSetup setup{.seed = kExhaustiveSeed,
                   .scenario = scenario,
                   .faults = FaultPlan::only(faults),
                   .list_sites = list_sites};
  return run_world("--scenario '" + scenario.name + "'", std::move(setup), simulate, part);
}

/// Adds up work(0) to work(count - 1), run on threads. The parts are added in the order of their
/// numbers up to the first that fails, so the sum does not depend on how many threads there are.
WorldSum add_up(std::uint64_t count, const Parallel& how,
                const std::function<WorldSum(std::uint64_t)>& work) {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> done = false;
  std::mutex mutex;                         // guards early, added and sum
  std::map<std::uint64_t, WorldSum> early;  // parts that wait for an earlier one
  std::uint64_t added = 0;
  WorldSum sum;
  const auto add = [&](std::uint64_t number, WorldSum part) {
    const std::scoped_lock lock(mutex);
    early.emplace(number, std::move(part));
    for (; !done && !early.empty() && early.begin()->first == added; ++added) {
      sum.add(early.begin()->second);
      early.erase(early.begin());
      if (how.progress) how.progress(sum);
      done = !sum.failures.empty() && !how.keep_going;
    }
  };
  const auto run_some = [&] {
    while (!done && (how.stop == nullptr || !*how.stop)) {
      const std::uint64_t number = next++;
      if (number >= count) return;
      add(number, work(number));
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < how.jobs; ++i) threads.emplace_back(run_some);
  threads.clear();  // joins
  return sum;
}

std::vector<FaultAt> faults_of(std::span<const SiteFaults> sites, FaultSet without = 0) {
  std::vector<FaultAt> faults;
  for (const auto& [site, possible] : sites) {
    for (FaultSet left = possible & ~without; left != 0; left &= left - 1) {
      faults.push_back({site, static_cast<Fault>(std::countr_zero(left))});
    }
  }
  return faults;
}

/// The sites that come after this one.
std::span<const SiteFaults> later(const std::vector<SiteFaults>& sites, const Site& site) {
  const auto found = std::ranges::find(sites, site, &SiteFaults::first);
  return {found == sites.end() ? found : found + 1, sites.end()};
}

/// Where the worlds of an exhaustive run begin: a scenario and its first fault.
struct Start {
  const Scenario* scenario;
  FaultAt first;
};

}  // namespace

void WorldSum::add(const WorldSum& other) {
  tally.add(other.tally);
  for (const FailedWorld& failure : other.failures) {
    if (failures.size() < kFailuresMax) failures.push_back(failure);
  }
}

WorldSum sweep(std::uint64_t first, std::uint64_t count, const Parallel& how,
               const Simulate& simulate) {
  return add_up(count, how, [&](std::uint64_t number) {
    const std::uint64_t seed = first + number;
    WorldSum part;
    run_world("--seed " + std::to_string(seed), setup_of(seed), simulate, part);
    return part;
  });
}

WorldSum exhaust(const std::vector<Scenario>& scenarios, bool pairs, const Parallel& how,
                 const Simulate& simulate) {
  WorldSum sum;
  std::vector<Start> starts;
  for (const Scenario& scenario : scenarios) {
    const WorldResult calm = run_scenario(scenario, {}, true, simulate, sum);
    if (!sum.failures.empty() && !how.keep_going) return sum;
    for (const FaultAt& first : faults_of(calm.sites)) starts.push_back({&scenario, first});
  }
  sum.add(add_up(starts.size(), how, [&](std::uint64_t number) {
    const auto& [scenario, first] = starts[number];
    WorldSum part;
    const bool with_second = pairs && first.fault != Fault::Outage;
    const WorldResult result = run_scenario(*scenario, {first}, with_second, simulate, part);
    if (!with_second) return part;
    const auto seconds = faults_of(later(result.sites, first.site), set_of(Fault::Outage));
    for (const FaultAt& second : seconds) {
      if (!part.failures.empty() && !how.keep_going) break;
      run_scenario(*scenario, {first, second}, false, simulate, part);
    }
    return part;
  }));
  return sum;
}

}  // namespace orderflow::world
