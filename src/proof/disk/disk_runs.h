#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "proof/disk/disk_scenarios.h"

namespace orderflow::world {

struct DiskOptions {
  /// Each chooses anew what survives the power cuts.
  std::uint64_t first = 1;
  std::uint64_t seeds = 1;
  std::string scenario;  ///< this one only
  std::string faults;    ///< this one only, as cut-torn@100: what goes wrong, and at which step
  bool keep_going = false;
  /// Only every so many steps of each scenario, beginning where the seed says.
  std::int64_t every = 1;
};

/// `orderflow simulate --disk`: runs each scenario, on the SQLite adapter over a lying disk, once for
/// each step that it does on the disk and each fault that this step can have. Either the machine or
/// the process stops there, and the shop is opened again on what is left; or the step fails, and the
/// shop has to go on by itself. Then everything that was answered must be there, every order must
/// come to its end, and the audit must be clean. Prints a line a scenario, each violation with what
/// to replay, and a report. The exit status: 0 clean, 1 a violation, 2 bad usage or no temporary
/// folder (why is on stderr), 130 stopped by Ctrl-C, after the report so far.
int run_disk(const DiskOptions& options, std::ostream& out,
             const std::vector<DiskScenario>& scenarios = disk_scenarios());

}  // namespace orderflow::world
