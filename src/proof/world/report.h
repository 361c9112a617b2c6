#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "proof/world/simulation.h"

namespace orderflow::world {

struct SimulationReport {
  std::string command;
  std::string worlds;  ///< which: "seeds 1 to 10000"
  WorldTally tally;
};

void write_text(const SimulationReport& report, std::ostream& out);
void write_markdown(const SimulationReport& report, std::ostream& out);

/// The pairs of status and fault that cannot meet and did: an error of the table of exclusions.
[[nodiscard]] std::vector<std::string> hit_though_excluded(const Coverage& coverage);

}  // namespace orderflow::world
