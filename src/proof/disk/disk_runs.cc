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

/// A real folder for what the store does beside SQLite.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "orderflow-disk-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Empty where none could be made.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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

std::string names_of_troubles() {
  std::string names;
  for (const Trouble& trouble : kTroubles) names += fmt::format(" {}", trouble.name);
  return names;
}

std::string names_of(const std::vector<DiskScenario>& scenarios) {
  std::string names;
  for (const DiskScenario& scenario : scenarios) names += ' ' + scenario.name;
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

/// Runs everything that was asked for.
class DiskRuns {
 public:
  DiskRuns(const DiskOptions& options, DiskRunsOptions how, std::filesystem::path folder,
           std::ostream& out)
      : options_(options), how_(std::move(how)), folder_(std::move(folder)), out_(out) {
    how_.goes_on = [this](const DiskTally& tally) { return goes_on(tally); };
  }

  const DiskTally& run(const std::vector<DiskScenario>& scenarios) {
    for (std::uint64_t i = 0; i < options_.seeds && !done_; ++i) {
      how_.seed = options_.first + i;
      for (const DiskScenario& scenario : scenarios) {
        if (done_ || (!options_.scenario.empty() && options_.scenario != scenario.name)) continue;
        run(scenario);
      }
    }
    progress_.end();
    return sum_;
  }

 private:
  void run(const DiskScenario& scenario) {
    ScenarioRuns runs(scenario, how_, folder_);
    runs.run();
    sum_.add(runs.tally());
    for (const DiskFailure& failure : runs.failures()) print(scenario, failure, how_.seed, out_);
    done_ = done_ || (sum_.failed > 0 && !options_.keep_going);
  }

  bool goes_on(const DiskTally& tally) {
    if (progress_.due()) {
      progress_.show(fmt::format("{} scenarios, {} runs, {} failed", sum_.scenarios,
                                 sum_.runs + tally.runs, sum_.failed + tally.failed));
    }
    done_ = CatchInterrupt::happened() || (tally.failed > 0 && !options_.keep_going);
    return !done_;
  }

  const DiskOptions& options_;
  DiskRunsOptions how_;
  const std::filesystem::path folder_;
  std::ostream& out_;
  ProgressLine progress_;
  DiskTally sum_;
  bool done_ = false;
};

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
                     names_of_troubles());
  }
  const Folder folder;
  if (folder.path().empty()) return bad_usage("there is no room for a temporary folder");
  const CatchInterrupt catch_interrupt;
  DiskRuns runs(options, std::move(how), folder.path(), out);
  const DiskTally& tally = runs.run(scenarios);
  const bool happened = std::ranges::any_of(tally.troubles, [](auto count) { return count > 0; });
  if (!options.faults.empty() && !happened && tally.failed == 0) {
    return bad_usage("this fault can not happen at this step of the scenario");
  }
  print(tally, options, out);
  if (tally.failed > 0) return kViolated;
  return CatchInterrupt::happened() ? kInterrupted : kClean;
}

}  // namespace orderflow::world
