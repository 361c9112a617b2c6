#include "hosts/disk/disk_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ostream>
#include <vector>

#include "base/check.h"
#include "hosts/disk/disk_scenarios.h"
#include "hosts/disk/lying_disk.h"
#include "hosts/simulator/random.h"

namespace orderflow::simulator {
namespace {

/// The provider's and carrier's books: not ours to lose (docs/decisions/0007).
constexpr const char* kOutside = "simulated.db";
constexpr std::size_t kExamplesMax = 20;
/// Steps of a recovery among which the second power cut of cut-twice is drawn.
constexpr std::uint64_t kRecoverySteps = 40;

/// What can happen at a step.
struct Trouble {
  const char* name;
  DiskFault fault{};
  Survival survival{};  ///< of Stop
  int draws = 1;        ///< how many choices of what survives are tried
  bool twice = false;   ///< the power goes once more while the shop recovers
};
constexpr Trouble kTroubles[] = {
    {"kill", DiskFault::Stop, Survival::All},
    {"cut-none", DiskFault::Stop, Survival::None},
    {"cut-prefix", DiskFault::Stop, Survival::Prefix},
    {"cut-torn", DiskFault::Stop, Survival::Torn, 3},
    {"cut-twice", DiskFault::Stop, Survival::Torn, 1, true},
    {"io-error", DiskFault::IoError},
    {"full", DiskFault::Full},
    {"short-write", DiskFault::ShortWrite},
    {"lost-sync", DiskFault::LostSync},
    {"stays-full", DiskFault::StaysFull},
};

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

/// All runs of one scenario.
class ScenarioRuns {
 public:
  ScenarioRuns(const DiskScenario& scenario, const DiskOptions& options,
               const std::filesystem::path& folder)
      : scenario_(scenario), options_(options), folder_(folder), disk_(kOutside) {
    prepare();
  }

  void run() {
    const std::vector<DiskStep> steps = run_without_trouble();
    steps_ = std::ssize(steps);
    for (std::int64_t step = 1; step <= steps_; ++step) {
      if (!chosen(step)) continue;
      run_stopped(step);
      for (const Trouble& trouble : kTroubles) {
        const bool stops = trouble.fault == DiskFault::Stop;
        const bool fits = can_fail(trouble.fault, steps[static_cast<std::size_t>(step - 1)]);
        if (!stops && fits && chosen(trouble)) run_failing(step, trouble);
      }
    }
  }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] std::int64_t runs() const { return runs_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return found_; }

 private:
  [[nodiscard]] bool chosen(std::int64_t step) const {
    if (options_.step != 0) return step == options_.step;
    return (static_cast<std::uint64_t>(step) + options_.seed) %
               static_cast<std::uint64_t>(options_.every) ==
           0;
  }
  [[nodiscard]] bool chosen(const Trouble& trouble) const {
    return options_.trouble.empty() || options_.trouble == trouble.name;
  }
  [[nodiscard]] std::uint64_t draw(std::int64_t step, std::uint64_t number) const {
    return Random::mix(options_.seed ^ Random::mix(static_cast<std::uint64_t>(step) << 8 | number));
  }

  /// The shop before the first step, closed in good order.
  void prepare() {
    if (scenario_.stock.empty()) return;
    std::vector<std::string> violations;
    {
      DiskShop shop(disk_, folder_, memory_, violations);
      for (const auto& [sku, available] : scenario_.stock) shop.put(sku, available);
    }
    image_ = disk_.surviving(Survival::All, 0);
    CHECK(violations.empty());
  }

  std::vector<DiskStep> run_without_trouble() {
    disk_.start(image_);
    Memory memory = memory_;
    std::vector<std::string> violations;
    perform(memory, violations);
    const auto steps = disk_.steps();
    report(0, "no-trouble", violations);
    return steps;
  }

  /// The scenario until the end or until the disk stops.
  void perform(Memory& memory, std::vector<std::string>& violations) {
    try {
      DiskShop shop(disk_, folder_, memory, violations);
      scenario_.script(shop);
      shop.finish();
      shop.inspect();
    } catch (const Stopped&) {
    }
  }

  /// Every choice of what a stop at this step leaves.
  void run_stopped(std::int64_t step) {
    const auto stops = [this](const Trouble& trouble) {
      return trouble.fault == DiskFault::Stop && chosen(trouble);
    };
    if (std::ranges::none_of(kTroubles, stops)) return;
    disk_.start(image_);
    disk_.fail_at(step, DiskFault::Stop);
    Memory memory = memory_;
    std::vector<std::string> violations;
    perform(memory, violations);
    if (!violations.empty()) report(step, "kill", violations);

    std::vector<std::pair<const Trouble*, Image>> left;
    for (const Trouble& trouble : kTroubles) {
      if (!stops(trouble)) continue;
      for (int i = 0; i < trouble.draws; ++i) {
        left.emplace_back(&trouble, disk_.surviving(trouble.survival, draw(step, left.size())));
      }
    }
    for (const auto& [trouble, image] : left) {
      violations.clear();
      Memory knows = memory;
      disk_.start(image);
      if (trouble->twice) {
        const auto number = static_cast<std::uint64_t>(trouble - kTroubles);
        Random random(draw(step, 100 + number));
        disk_.fail_at(1 + static_cast<std::int64_t>(random.below(kRecoverySteps)), DiskFault::Stop);
        recover(knows, violations);
        disk_.start(disk_.surviving(trouble->survival, random.next()));
      }
      recover(knows, violations);
      report(step, trouble->name, violations);
    }
  }

  /// One step fails and the shop goes on; at the end the power goes, and nothing unsynced is left.
  void run_failing(std::int64_t step, const Trouble& trouble) {
    disk_.start(image_);
    disk_.fail_at(step, trouble.fault);
    Memory memory = memory_;
    std::vector<std::string> violations;
    try {
      DiskShop shop(disk_, folder_, memory, violations);
      scenario_.script(shop);
      shop.finish();
      shop.inspect();
      disk_.stop();
    } catch (const Stopped&) {
    }
    disk_.start(disk_.surviving(Survival::None, 0));
    recover(memory, violations);
    report(step, trouble.name, violations);
  }

  /// The shop is opened again, by a person or a service manager.
  void recover(Memory& memory, std::vector<std::string>& violations) {
    try {
      DiskShop shop(disk_, folder_, memory, violations);
      shop.inspect();
      shop.finish();
      shop.inspect();
    } catch (const Stopped&) {
    }
  }

  void report(std::int64_t step, const char* trouble, const std::vector<std::string>& violations) {
    ++runs_;
    for (const std::string& violation : violations) {
      found_.push_back(
          fmt::format("{}, step {}, {}: {}", scenario_.name, step, trouble, violation));
    }
  }

  const DiskScenario& scenario_;
  const DiskOptions& options_;
  const std::filesystem::path& folder_;
  LyingDisk disk_;
  Image image_;
  Memory memory_;
  std::int64_t steps_ = 0;
  std::int64_t runs_ = 0;
  std::vector<std::string> found_;
};

bool known(const DiskOptions& options) {
  const auto named = [&](const auto& thing) { return thing.name == options.scenario; };
  const auto is = [&](const Trouble& trouble) { return trouble.name == options.trouble; };
  return (options.scenario.empty() || std::ranges::any_of(disk_scenarios(), named)) &&
         (options.trouble.empty() || std::ranges::any_of(kTroubles, is));
}

void print(const DiskScenario& scenario, const ScenarioRuns& runs, std::ostream& out) {
  out << fmt::format(
      "{:<24}{:>6} steps {:>7} runs  {}{}\n", scenario.name, runs.steps(), runs.runs(),
      runs.violations().empty() ? "ok" : fmt::format("{} VIOLATIONS", runs.violations().size()),
      scenario.repeatable ? "" : "  (the order of steps varies with the threads)");
  for (std::size_t i = 0; i < std::min(runs.violations().size(), kExamplesMax); ++i) {
    out << "  " << runs.violations()[i] << '\n';
  }
  if (runs.violations().size() > kExamplesMax) {
    out << "  and " << runs.violations().size() - kExamplesMax << " more\n";
  }
  out.flush();
}

}  // namespace

int run_disk(const DiskOptions& options, std::ostream& out) {
  if (!known(options)) {
    out << "there is no such scenario or trouble. Scenarios:";
    for (const DiskScenario& scenario : disk_scenarios()) out << ' ' << scenario.name;
    out << "\nTroubles:";
    for (const Trouble& trouble : kTroubles) out << ' ' << trouble.name;
    out << '\n';
    return 2;
  }
  const Folder folder;
  if (folder.path().empty()) {
    out << "there is no room for a temporary folder\n";
    return 2;
  }
  std::int64_t runs = 0;
  std::size_t violations = 0;
  for (const DiskScenario& scenario : disk_scenarios()) {
    if (!options.scenario.empty() && options.scenario != scenario.name) continue;
    ScenarioRuns all(scenario, options, folder.path());
    all.run();
    print(scenario, all, out);
    runs += all.runs();
    violations += all.violations().size();
  }
  out << fmt::format("disk: {} runs, seed {}, {}\n", runs, options.seed,
                     violations == 0 ? "clean" : fmt::format("{} violations", violations));
  return violations == 0 ? 0 : 1;
}

}  // namespace orderflow::simulator
