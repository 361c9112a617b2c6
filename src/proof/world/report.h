#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "proof/world/tally.h"

namespace orderflow::world {

/// Why a fault cannot meet an order in this status (or, as the last row of Coverage, no stored
/// order); nullopt where it can.
[[nodiscard]] std::optional<std::string_view> excluded(std::size_t row, Fault fault);

/// A pair of Coverage, for a person: "slow at PENDING", "slow at no order".
[[nodiscard]] std::string pair_name(std::size_t row, Fault fault);

/// The possible pairs that never happened, and the impossible ones that did: an error of the table.
[[nodiscard]] std::vector<std::string> never_hit(const Coverage& coverage);
[[nodiscard]] std::vector<std::string> hit_though_excluded(const Coverage& coverage);

struct SimulationReport {
  std::string command;
  std::string worlds;  ///< which: "seeds 1 to 10000"
  WorldTally tally;
};

void write_text(const SimulationReport& report, std::ostream& out);
void write_markdown(const SimulationReport& report, std::ostream& out);

}  // namespace orderflow::world
