#include "proof/disk/disk_runs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "proof/disk/scenario_runs.h"
#include "proof/world/console.h"

namespace orderflow::world {
namespace {

constexpr std::size_t kExamplesMax = 20;

/// "cut-torn@101"; false where there is no such fault.
bool read_fault(std::string_view text, DiskRunsOptions& options) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return false;
  const auto trouble = std::ranges::find(kTroubles, text.substr(0, at), &Trouble::name);
  if (trouble == std::end(kTroubles)) return false;
  options.trouble = trouble;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + at + 1, end, options.step);
  return read.ec == std::errc() && read.ptr == end && options.step > 0;
}

template <typename Named>
std::string names_of(const Named& all) {
  std::string names;
  for (const auto& one : all) names += fmt::format(" {}", one.name);
  return names;
}

void print(const DiskScenario& scenario, const DiskFailure& failure, std::uint64_t seed,
           std::ostream& out) {
  const std::string fault =
      failure.trouble == nullptr
          ? ""
          : fmt::format(" --faults {}@{}", failure.trouble->name, failure.step);
  fmt::print(out, "\n--scenario {}{} fails:\n", scenario.name, fault);
  const auto& violations = failure.violations;
  for (std::size_t i = 0; i < std::min(violations.size(), kExamplesMax); ++i) {
    fmt::print(out, "  {}\n", violations[i]);
  }
  if (violations.size() > kExamplesMax) {
    fmt::print(out, "  and {} more\n", violations.size() - kExamplesMax);
  }
  fmt::print(out, "replay: orderflow simulate --disk --scenario {}{} --seed {}{}\n", scenario.name,
             fault, seed,
             scenario.repeatable ? "" : "  (several times: its steps vary with the threads)");
}

void print(const DiskTally& tally, const DiskOptions& options, std::ostream& out) {
  std::int64_t steps = 0;
  for (const std::int64_t count : tally.steps) steps += count;
  const auto of = [&tally](DiskStep step) { return tally.steps[static_cast<std::size_t>(step)]; };
  fmt::print(out, "disk, seeds {} to {}: {} scenarios, {} runs, {} failed\n", options.first,
             options.first + options.seeds - 1, tally.scenarios, tally.runs, tally.failed);
  fmt::print(out,
             "steps: {} (writes {}, syncs {}, truncations {}, deletions {}, reads {}, opens {})\n",
             steps, of(DiskStep::Write), of(DiskStep::Sync), of(DiskStep::Truncate),
             of(DiskStep::Delete), of(DiskStep::Read), of(DiskStep::Open));
  out << "faults:";
  for (std::size_t i = 0; i < std::size(kTroubles); ++i) {
    if (tally.troubles[i] > 0) fmt::print(out, " {} {}", kTroubles[i].name, tally.troubles[i]);
  }
  fmt::print(out, "\ncrashes: {}, the shop opened again after each\n", tally.crashes);
  fmt::print(out, "audited: {} shops, {} orders in them, {} answers that had to hold\n",
             tally.findings.audits, tally.findings.orders, tally.findings.answers);
}

}  // namespace

int run_disk(const DiskOptions& options, std::ostream& out,
             const std::vector<DiskScenario>& scenarios) {
  DiskRunsOptions how{.every = options.every};
  if (!options.scenario.empty() &&
      std::ranges::find(scenarios, options.scenario, &DiskScenario::name) == scenarios.end()) {
    return bad_usage("there is no such scenario; there are" + names_of(scenarios));
  }
  if (!options.faults.empty() && (options.scenario.empty() || !read_fault(options.faults, how))) {
    return bad_usage("--faults must be FAULT@STEP of one --scenario; there are" +
                     names_of(kTroubles));
  }
  // A real folder for what the store does beside SQLite.
  std::string folder = (std::filesystem::temp_directory_path() / "orderflow-disk-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return bad_usage("there is no room for a temporary folder");
  const std::atomic<bool>& interrupted = catch_interrupt();
  ProgressLine progress;
  DiskTally tally;
  how.goes_on = [&] {
    if (progress.due()) {
      progress.show(fmt::format("{} scenarios, {} runs, {} failed", tally.scenarios, tally.runs,
                                tally.failed));
    }
    return !interrupted && (tally.failed == 0 || options.keep_going);
  };
  how.report_failure = [&](const DiskScenario& scenario, const DiskFailure& failure) {
    print(scenario, failure, how.seed, out);
  };
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    how.seed = options.first + i;
    for (const DiskScenario& scenario : scenarios) {
      if (!options.scenario.empty() && options.scenario != scenario.name) continue;
      if (how.goes_on()) ScenarioRuns(scenario, how, folder, tally).run();
    }
  }
  progress.end();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  const bool happened = std::ranges::any_of(tally.troubles, [](auto count) { return count > 0; });
  if (!options.faults.empty() && !happened && tally.failed == 0) {
    return bad_usage("this fault cannot happen at this step of the scenario");
  }
  print(tally, options, out);
  if (tally.failed > 0) return kViolated;
  return interrupted ? kInterrupted : kClean;
}

}  // namespace orderflow::world
