#include "proof/world/exhaustive.h"

#include <algorithm>
#include <bit>
#include <span>

namespace orderflow::world {
namespace {

using Sites = std::vector<std::pair<Site, FaultSet>>;

std::vector<FaultAt> faults_of(std::span<const Sites::value_type> sites) {
  std::vector<FaultAt> faults;
  for (const auto& [site, possible] : sites) {
    for (FaultSet left = possible; left != 0; left &= left - 1) {
      faults.push_back({site, static_cast<Fault>(std::countr_zero(left))});
    }
  }
  return faults;
}

/// The sites that come after this one.
std::span<const Sites::value_type> later(const Sites& sites, const Site& site) {
  const auto found = std::ranges::find(sites, site, &Sites::value_type::first);
  return found == sites.end() ? std::span<const Sites::value_type>()
                              : std::span(found + 1, sites.end());
}

/// Runs one world and adds its result to `part`.
WorldResult run(const Scenario& scenario, const std::vector<FaultAt>& faults, bool list_sites,
                const Simulate& simulate, Part& part) {
  WorldSetup setup{.seed = kExhaustiveSeed,
                   .scenario = scenario,
                   .faults = FaultPlan::only(faults),
                   .list_sites = list_sites};
  WorldResult result = simulate(setup);
  part.tally.add(result);
  if (!result.violations.empty()) {
    part.failures.push_back({"--scenario '" + scenario.name + "'", std::move(setup), result});
  }
  return result;
}

/// Where the worlds of an exhaustive run begin: a scenario and its first fault.
struct Start {
  const Scenario* scenario;
  FaultAt first;
};

}  // namespace

Part exhaust(const std::vector<Scenario>& scenarios, bool pairs, const Parallel& how,
             const Simulate& simulate) {
  Part sum;
  std::vector<Start> starts;
  for (const Scenario& scenario : scenarios) {
    const WorldResult calm = run(scenario, {}, true, simulate, sum);
    if (!sum.failures.empty() && !how.keep_going) return sum;
    for (const FaultAt& first : faults_of(calm.sites)) starts.push_back({&scenario, first});
  }
  sum.add(add_up(starts.size(), how, [&](std::uint64_t number) {
    const auto& [scenario, first] = starts[number];
    Part part;
    const WorldResult result = run(*scenario, {first}, pairs, simulate, part);
    if (!pairs) return part;
    for (const FaultAt& second : faults_of(later(result.sites, first.site))) {
      if (!part.failures.empty() && !how.keep_going) break;
      run(*scenario, {first, second}, false, simulate, part);
    }
    return part;
  }));
  return sum;
}

}  // namespace orderflow::world
