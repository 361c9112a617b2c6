#include "proof/world/tally.h"

namespace orderflow::world {
namespace {

constexpr std::size_t kFailuresMax = 20;

void add_coverage(Coverage& sum, const Coverage& more) {
  for (std::size_t row = 0; row < sum.size(); ++row) {
    for (std::size_t fault = 0; fault < sum[row].size(); ++fault) {
      sum[row][fault] += more[row][fault];
    }
  }
}

}  // namespace

void WorldTally::add(const WorldResult& result) {
  ++worlds;
  if (!result.violations.empty()) ++failed;
  orders += result.orders;
  events += result.events;
  virtual_time += result.virtual_time;
  for (const Injected& injected : result.injected) {
    ++faults[static_cast<std::size_t>(injected.fault.fault)];
  }
  add_coverage(coverage, result.coverage);
}

void WorldTally::add(const WorldTally& other) {
  worlds += other.worlds;
  failed += other.failed;
  orders += other.orders;
  events += other.events;
  virtual_time += other.virtual_time;
  for (std::size_t fault = 0; fault < faults.size(); ++fault) faults[fault] += other.faults[fault];
  add_coverage(coverage, other.coverage);
}

void Part::add(const Part& other) {
  tally.add(other.tally);
  for (const FailedWorld& failure : other.failures) {
    if (failures.size() < kFailuresMax) failures.push_back(failure);
  }
}

}  // namespace orderflow::world
