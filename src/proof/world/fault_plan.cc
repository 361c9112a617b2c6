#include "proof/world/fault_plan.h"

#include <bit>

#include "proof/world/random.h"

namespace orderflow::world {
namespace {

/// One seed in sixteen has no faults at all: what fails there fails by itself.
constexpr double kCalm = 1.0 / 16;
/// How many of the kinds of fault a seed turns on, on average.
constexpr double kChosen = 0.3;
constexpr double kRateMin = 0.005;
constexpr int kRateDoublings = 6;

/// A number of its own for each site of a seed.
std::uint64_t number_of(std::uint64_t seed, const Site& site) {
  std::uint64_t state = Random::mix(seed ^ 0xfa1751a7e5000000U);
  state = Random::mix(state ^ static_cast<std::uint64_t>(site.point));
  state = Random::mix(state ^ site.order);
  return Random::mix(state ^ site.nth);
}

}  // namespace

FaultPlan FaultPlan::random(std::uint64_t seed) {
  FaultPlan plan;
  plan.seed_ = seed;
  Random random(Random::mix(seed ^ 0x91a2b3c4d5e6f708U));
  if (random.chance(kCalm)) return plan;
  for (double& rate : plan.rates_) {
    const bool chosen = random.chance(kChosen);
    // Small ones as often as great ones; no function of libm, whose last bit is not the same
    // everywhere.
    const auto doubled = static_cast<double>(1 << random.below(kRateDoublings));
    const double drawn = kRateMin * doubled * (1 + random.unit());
    rate = chosen ? drawn : 0;
  }
  return plan;
}

FaultPlan FaultPlan::only(const std::vector<FaultAt>& faults) {
  FaultPlan plan;
  for (const FaultAt& fault : faults) plan.listed_.emplace(fault.site, fault.fault);
  return plan;
}

std::optional<Fault> FaultPlan::at(const Site& site, FaultSet possible) const {
  if (const auto listed = listed_.find(site); listed != listed_.end()) {
    const bool can_be = (possible & set_of(listed->second)) != 0;
    return can_be ? std::optional(listed->second) : std::nullopt;
  }
  // Each kind has a draw of its own; where several strike, the first does.
  const std::uint64_t here = number_of(seed_, site);
  for (FaultSet left = possible; left != 0; left &= left - 1) {
    const auto kind = static_cast<std::size_t>(std::countr_zero(left));
    if (rates_[kind] > 0 && Random(here ^ Random::mix(kind)).chance(rates_[kind])) {
      return static_cast<Fault>(kind);
    }
  }
  return std::nullopt;
}

}  // namespace orderflow::world
