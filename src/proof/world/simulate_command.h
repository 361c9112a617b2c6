#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "proof/world/sweep.h"

namespace orderflow::world {

struct SimulateOptions {
  std::uint64_t seeds = 10'000;
  std::uint64_t first = 1;
  int jobs = 1;
  std::optional<std::uint64_t> seed;  ///< this one world only
  std::string scenario;               ///< ... or that of a short scenario, by its name
  std::optional<std::string> faults;  ///< for one world: these, separated by commas
  bool trace = false;                 ///< of one world
  bool exhaustive = false;
  bool pairs = true;  ///< exhaustive: two faults at a time as well
  bool keep_going = false;
  std::filesystem::path report;  ///< as Markdown; empty for none
};

/// `orderflow simulate`. The exit status: 0 clean, 1 a violation, 2 bad usage (why is on stderr),
/// 130 stopped by Ctrl-C, after the report so far.
int run_simulate(const SimulateOptions& options, std::ostream& out,
                 const Simulate& simulate = world::simulate);

}  // namespace orderflow::world
