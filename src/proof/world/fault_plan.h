#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "proof/world/fault.h"

namespace orderflow::world {

/// Which fault, if any, is injected at a site. A pure function of the site: asking in another order
/// gives the same answers.
class FaultPlan {
 public:
  /// Nothing ever fails.
  FaultPlan() = default;
  /// A random subset of the faults at random rates, both drawn from the seed.
  [[nodiscard]] static FaultPlan random(std::uint64_t seed);
  /// Exactly these.
  [[nodiscard]] static FaultPlan only(const std::vector<FaultAt>& faults);

  /// One of `possible`, or nullopt.
  [[nodiscard]] std::optional<Fault> at(const Site& site, FaultSet possible) const;

 private:
  std::uint64_t seed_ = 0;
  std::array<double, kFaultCount> rates_{};  ///< all zero where the plan is a list
  std::map<Site, Fault> listed_;
};

}  // namespace orderflow::world
