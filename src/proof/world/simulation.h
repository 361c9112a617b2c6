#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/time.h"
#include "order/model/status.h"
#include "proof/world/fault.h"
#include "proof/world/scenario.h"

namespace orderflow::world {

/// (status × fault): how often a fault met an order in this status. The row kStatusCount is for
/// faults that met no stored order.
using Coverage = std::array<std::array<std::int64_t, kFaultCount>, kStatusCount + 1>;

/// What worlds came to, one or many.
struct WorldTally {
  std::int64_t worlds = 0;
  std::int64_t failed = 0;
  Duration virtual_time{};
  std::int64_t orders = 0;  ///< stored
  std::int64_t events = 0;  ///< of the world
  Coverage coverage{};

  void add(const WorldTally& other);
  [[nodiscard]] std::int64_t injected(Fault fault) const;
};

/// An invariant that does not hold.
struct Violation {
  std::string invariant;  ///< "M1", or "CHECK" where a CHECK failed or code threw
  std::string detail;     ///< for a person; orders are named "order 3"
};

struct WorldSetup {
  std::uint64_t seed = 0;  ///< of delays, of who goes first, of ids and jitter
  Scenario scenario;
  FaultPlan faults;
  /// Every event as a line, while it happens; slow. Null for none.
  std::ostream* trace = nullptr;
  /// Collect `sites`.
  bool list_sites = false;
};

struct WorldResult {
  /// Over every event: equal runs have equal hashes, in every build.
  std::uint64_t trace_hash = 0;
  WorldTally tally;
  std::vector<FaultAt> injected;
  /// The sites of the run at which something could have failed, and what, where asked for.
  std::vector<std::pair<Site, FaultSet>> sites;
  std::vector<Violation> violations;  ///< the first few
};

/// Runs one world to its end: clients order while faults happen, then the faults stop, and
/// everything that was begun must end. Deterministic. Each thread may run a world of its own.
[[nodiscard]] WorldResult simulate(const WorldSetup& setup);

/// The world of a seed: its shop, its customers and its faults.
[[nodiscard]] WorldSetup setup_of(std::uint64_t seed);

}  // namespace orderflow::world
