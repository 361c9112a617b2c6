#include "proof/world/shrink.h"

#include <algorithm>

namespace orderflow::world {
namespace {

using Faults = std::vector<FaultAt>;

/// `faults` without those in [from, to).
Faults without(const Faults& faults, std::size_t from, std::size_t to) {
  Faults rest(faults.begin(), faults.begin() + static_cast<std::ptrdiff_t>(from));
  rest.insert(rest.end(), faults.begin() + static_cast<std::ptrdiff_t>(to), faults.end());
  return rest;
}

class Shrinker {
 public:
  Shrinker(const FailedWorld& failure, const Simulate& simulate, int runs_max)
      : failure_(failure), simulate_(simulate), runs_max_(runs_max) {}

  bool fails(const Faults& faults) {
    if (runs_ == runs_max_) return false;
    ++runs_;
    WorldSetup setup = failure_.setup;
    setup.faults = FaultPlan::only(faults);
    const auto found = simulate_(setup).violations;
    const std::string& invariant = failure_.result.violations.front().invariant;
    return std::ranges::find(found, invariant, &Violation::invariant) != found.end();
  }

  /// Removes smaller and smaller pieces until no single fault can be removed.
  Faults fewest(Faults faults) {
    if (fails({})) return {};
    for (std::size_t piece = (faults.size() + 1) / 2; piece > 0;) {
      const bool fewer = drop_pieces(faults, piece);
      if (piece == 1 && !fewer) break;
      piece = std::min(std::max<std::size_t>(piece / 2, 1), faults.size());
    }
    return faults;
  }

  [[nodiscard]] int runs() const { return runs_; }

 private:
  bool drop_pieces(Faults& faults, std::size_t piece) {
    bool fewer = false;
    for (std::size_t from = 0; from < faults.size();) {
      Faults rest = without(faults, from, std::min(from + piece, faults.size()));
      if (!rest.empty() && fails(rest)) {
        faults = std::move(rest);
        fewer = true;
      } else {
        from += piece;
      }
    }
    return fewer;
  }

  const FailedWorld& failure_;
  const Simulate& simulate_;
  int runs_max_;
  int runs_ = 0;
};

}  // namespace

Shrunk shrink(const FailedWorld& failure, const Simulate& simulate, int runs_max) {
  Faults faults;
  for (const Injected& injected : failure.result.injected) faults.push_back(injected.fault);
  Shrinker shrinker(failure, simulate, runs_max);
  if (!shrinker.fails(faults)) return {std::move(faults), shrinker.runs(), false};
  Faults fewest = shrinker.fewest(std::move(faults));
  return {std::move(fewest), shrinker.runs(), true};
}

}  // namespace orderflow::world
