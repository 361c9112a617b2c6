#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace orderflow::simulator {

struct DiskOptions {
  std::uint64_t seed = 1;  ///< chooses what survives
  /// Only these, to replay what was found; empty or 0 for all.
  std::string scenario;
  std::int64_t step = 0;
  std::string trouble;
  /// Only every so many steps of each scenario, beginning where the seed says.
  std::int64_t every = 1;
};

/// `orderflow simulate --disk`: runs each scenario of disk_scenarios.h, on the SQLite adapter over
/// a lying disk, once for each step that it does on the disk and each trouble that this step can
/// have: the machine or the process stops there and the shop is opened again on what is left, or
/// the step fails and the shop has to go on by itself. Then everything that was answered must be
/// there, every order come to its end and the audit be clean. Prints a line a scenario, and each
/// violation with what to replay. The exit status: 0 clean, 1 violations, 2 no such scenario or
/// trouble, or no temporary folder.
int run_disk(const DiskOptions& options, std::ostream& out);

}  // namespace orderflow::simulator
