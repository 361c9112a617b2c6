#include "proof/world/simulate_command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <limits>

#include "proof/world/console.h"
#include "proof/world/report.h"

namespace orderflow::world {
namespace {

constexpr int kShrinkRunsMax = 1'000;

thread_local const WorldSetup* under_way = nullptr;

void name_the_world(int) {
  if (under_way == nullptr) return;
  fmt::print(stderr, "orderflow simulate: in the world of {}\n", under_way->scenario.name);
}

/// A CHECK ends the process, so its message names the world.
Simulate naming_its_world(const Simulate& simulate) {
  (void)std::signal(SIGABRT, name_the_world);
  return [&simulate](const WorldSetup& setup) {
    under_way = &setup;
    WorldResult result = simulate(setup);
    under_way = nullptr;
    return result;
  };
}

std::optional<std::vector<FaultAt>> faults_from_string(std::string_view text) {
  std::vector<FaultAt> faults;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto fault = fault_at_from_string(text.substr(0, comma));
    if (!fault) return std::nullopt;
    faults.push_back(*fault);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return faults;
}

std::string to_string(const std::vector<FaultAt>& faults) {
  std::string text;
  for (const FaultAt& fault : faults) {
    if (!text.empty()) text += ',';
    text += world::to_string(fault);
  }
  return text;
}

struct Shrunk {
  std::vector<FaultAt> faults;
  int runs = 0;
  /// The faults of the failure, given as a list, violate the same invariant. Where false, `faults`
  /// are all of them.
  bool reproduced = false;
};

/// The fewest faults of a failure that still violate the same invariant, by delta debugging (ddmin;
/// Zeller and Hildebrandt 2002): removes smaller and smaller pieces until no single fault can be
/// left out. In kShrinkRunsMax runs, or as few as it came to by then.
Shrunk shrink(const FailedWorld& failure, const Simulate& simulate) {
  Shrunk shrunk{.faults = failure.result.injected};
  auto& [faults, runs, reproduced] = shrunk;
  const auto fails = [&](const std::vector<FaultAt>& some) {
    if (runs == kShrinkRunsMax) return false;
    ++runs;
    WorldSetup setup = failure.setup;
    setup.faults = FaultPlan::only(some);
    const auto found = simulate(setup).violations;
    const std::string& invariant = failure.result.violations.front().invariant;
    return std::ranges::find(found, invariant, &Violation::invariant) != found.end();
  };
  reproduced = fails(faults);
  if (!reproduced) return shrunk;
  if (fails({})) faults.clear();
  for (std::size_t piece = (faults.size() + 1) / 2; piece > 0;) {
    bool fewer = false;
    for (std::size_t from = 0; from < faults.size();) {
      std::vector<FaultAt> rest(faults.begin(), faults.begin() + std::ptrdiff_t(from));
      const std::size_t to = std::min(from + piece, faults.size());
      rest.insert(rest.end(), faults.begin() + std::ptrdiff_t(to), faults.end());
      if (!rest.empty() && fails(rest)) {
        faults = std::move(rest);
        fewer = true;
      } else {
        from = to;
      }
    }
    if (piece == 1 && !fewer) break;
    piece = std::max<std::size_t>(piece / 2, 1);
  }
  return shrunk;
}

void print_violations(const WorldResult& result, std::ostream& out) {
  for (const Violation& violation : result.violations) {
    fmt::print(out, "  {}: {}\n", violation.invariant, violation.detail);
  }
}

void print_failure(const FailedWorld& failure, const Simulate& simulate, std::ostream& out) {
  fmt::print(out, "\n{} fails:\n", failure.replay);
  print_violations(failure.result, out);
  const Shrunk shrunk = shrink(failure, simulate);
  const std::vector<FaultAt>& injected = failure.result.injected;
  fmt::print(out, "its {} faults: {}\n", injected.size(), to_string(injected));
  if (shrunk.reproduced) {
    fmt::print(out, "{} of them are enough (found in {} runs): {}\n", shrunk.faults.size(),
               shrunk.runs, to_string(shrunk.faults));
  } else {
    out << "as a list they do not violate the same invariant\n";
  }
  WorldSetup setup = failure.setup;
  setup.trace = &out;
  std::string options = failure.replay;
  if (shrunk.reproduced) {
    setup.faults = FaultPlan::only(shrunk.faults);
    options += fmt::format(" --faults '{}'", to_string(shrunk.faults));
  }
  print_violations(simulate(setup), out);
  fmt::print(out, "replay: orderflow simulate {} --trace\n", options);
}

/// The one world that was asked for; nullopt where no short scenario has this name.
std::optional<WorldSetup> setup_asked(const SimulateOptions& options) {
  if (options.scenario.empty()) return setup_of(*options.seed);
  const auto scenarios = short_scenarios();
  const auto found = std::ranges::find(scenarios, options.scenario, &Scenario::name);
  if (found == scenarios.end()) return std::nullopt;
  return WorldSetup{.seed = options.seed.value_or(kExhaustiveSeed), .scenario = *found};
}

int run_one(const SimulateOptions& options, std::ostream& out, const Simulate& simulate) {
  auto setup = setup_asked(options);
  if (!setup) return bad_usage("there is no short scenario of this name");
  std::vector<FaultAt> asked;
  if (options.faults) {
    const auto faults = faults_from_string(*options.faults);
    if (!faults) return bad_usage("--faults must be FAULT@POINT:ORDER:NTH, separated by commas");
    asked = *faults;
    setup->faults = FaultPlan::only(asked);
  }
  if (options.trace) setup->trace = &out;
  const WorldResult result = simulate(*setup);
  if (!options.trace && !options.faults && !result.violations.empty()) {
    const std::string replay = options.scenario.empty()
                                   ? fmt::format("--seed {}", *options.seed)
                                   : fmt::format("--scenario '{}'", options.scenario);
    print_failure({replay, *setup, result}, simulate, out);
  } else {
    print_violations(result, out);
  }
  fmt::print(out, "{}: {} orders, {} events, {} faults, hash {:016x}\n", setup->scenario.name,
             result.tally.orders, result.tally.events, result.injected.size(), result.trace_hash);
  if (!result.violations.empty()) return kViolated;
  for (const FaultAt& fault : asked) {
    if (std::ranges::find(result.injected, fault) != result.injected.end()) continue;
    return bad_usage("this fault did not happen in this world: " + to_string(fault));
  }
  return kClean;
}

SimulationReport report_of(const SimulateOptions& options, const WorldTally& tally) {
  if (options.exhaustive) {
    const std::string faults = options.pairs ? "one or two faults" : "one fault";
    return {fmt::format("orderflow simulate --exhaustive{}", options.pairs ? "" : " --no-pairs"),
            "the short scenarios with every " + faults, tally};
  }
  return {fmt::format("orderflow simulate --first {} --seeds {}", options.first, options.seeds),
          fmt::format("seeds {} to {}", options.first, options.first + options.seeds - 1), tally};
}

int run_many(const SimulateOptions& options, std::ostream& out, const Simulate& simulate) {
  const std::atomic<bool>& stop = catch_interrupt();
  ProgressLine progress;
  const Parallel how{
      .jobs = options.jobs,
      .keep_going = options.keep_going,
      .stop = &stop,
      .progress = [&progress](const WorldSum& sum) {
        if (!progress.due()) return;
        progress.show(fmt::format("{} worlds, {} failed", sum.tally.worlds, sum.tally.failed));
      }};
  const WorldSum part = options.exhaustive
                            ? exhaust(short_scenarios(), options.pairs, how, simulate)
                            : sweep(options.first, options.seeds, how, simulate);
  progress.end();
  for (const FailedWorld& failure : part.failures) print_failure(failure, simulate, out);
  const SimulationReport report = report_of(options, part.tally);
  write_text(report, out);
  if (!options.report.empty()) {
    std::ofstream file(options.report);
    write_markdown(report, file);
    if (!file.flush()) return bad_usage("cannot write " + options.report.string());
  }
  if (part.tally.failed > 0 || !hit_though_excluded(part.tally.coverage).empty()) return kViolated;
  return stop ? kInterrupted : kClean;
}

}  // namespace

int run_simulate(const SimulateOptions& options, std::ostream& out, const Simulate& simulate) {
  const bool one = options.seed.has_value() || !options.scenario.empty();
  if (!one && (options.faults || options.trace)) {
    return bad_usage("--faults and --trace are of one world: say --seed or --scenario");
  }
  if (one && options.exhaustive) return bad_usage("--exhaustive is not of one world");
  if (options.first > std::numeric_limits<std::uint64_t>::max() - options.seeds) {
    return bad_usage("--first and --seeds lead beyond the last seed");
  }
  const Simulate named = naming_its_world(simulate);
  return one ? run_one(options, out, named) : run_many(options, out, named);
}

}  // namespace orderflow::world
