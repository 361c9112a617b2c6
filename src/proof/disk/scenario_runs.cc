#include "proof/disk/scenario_runs.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "proof/world/random.h"

namespace orderflow::world {
namespace {

/// The provider's and carrier's books: not ours to lose (docs/decisions/0007).
constexpr const char* kOutside = "simulated.db";
/// Steps of a recovery among which the second power cut is drawn.
constexpr std::uint64_t kRecoverySteps = 100;

std::size_t number_of(const Trouble& trouble) {
  return static_cast<std::size_t>(&trouble - kTroubles);
}

}  // namespace

ScenarioRuns::ScenarioRuns(const DiskScenario& scenario, const DiskRunsOptions& options,
                           std::filesystem::path folder, DiskTally& tally)
    : scenario_(scenario),
      options_(options),
      folder_(std::move(folder)),
      tally_(tally),
      disk_(kOutside) {
  ++tally_.scenarios;
  prepare();
}

void ScenarioRuns::run() {
  disk_.start(image_);
  Memory memory = memory_;
  Findings findings;
  perform(memory, findings, scenario_.script);
  const std::vector<DiskStep> steps = disk_.steps();
  report(0, nullptr, std::move(findings));
  for (const DiskStep step : steps) ++tally_.steps[static_cast<std::size_t>(step)];
  for (std::int64_t step = 1; step <= std::ssize(steps); ++step) {
    if (!chosen(step)) continue;
    if (!options_.goes_on()) return;
    const DiskStep kind = steps[static_cast<std::size_t>(step - 1)];
    if (can_fail(DiskFault::Stop, kind)) run_stopped(step);
    for (const Trouble& trouble : kTroubles) {
      const bool stops = trouble.fault == DiskFault::Stop;
      if (!stops && can_fail(trouble.fault, kind) && chosen(trouble)) run_failing(step, trouble);
    }
  }
  const std::int64_t after_all = std::ssize(steps) + 1;
  if (chosen(after_all) && options_.goes_on()) run_stopped(after_all);
}

bool ScenarioRuns::chosen(std::int64_t step) const {
  if (options_.step != 0) return step == options_.step;
  const auto every = static_cast<std::uint64_t>(options_.every);
  return (static_cast<std::uint64_t>(step) + options_.seed) % every == 0;
}

bool ScenarioRuns::chosen(const Trouble& trouble) const {
  return options_.trouble == nullptr || options_.trouble == &trouble;
}

/// The same for a step and trouble, whatever else is run.
std::uint64_t ScenarioRuns::draw(std::int64_t step, const Trouble& trouble, int number) const {
  const std::uint64_t which = number_of(trouble) << 4 | static_cast<std::uint64_t>(number);
  return Random::mix(options_.seed ^ Random::mix(static_cast<std::uint64_t>(step) << 8 | which));
}

/// The shop before the first step, closed in good order.
void ScenarioRuns::prepare() {
  if (scenario_.stock.empty()) return;
  Findings findings;
  {
    DiskShop shop(disk_, folder_, memory_, findings);
    for (const auto& [sku, available] : scenario_.stock) shop.put(sku, available);
  }
  image_ = disk_.surviving(Survival::All, 0);
  CHECK(findings.violations.empty());
}

/// The script and all that it set off, until the end or until the disk stops.
void ScenarioRuns::perform(Memory& memory, Findings& findings, const DiskScript& script,
                           bool stops_at_end) {
  try {
    DiskShop shop(disk_, folder_, memory, findings);
    script(shop);
    shop.finish();
    shop.inspect();
    if (stops_at_end) disk_.stop();
  } catch (const Stopped&) {
  }
}

/// The shop is opened again, by a person or a service manager.
void ScenarioRuns::recover(Memory& memory, Findings& findings) {
  ++tally_.crashes;
  perform(memory, findings, [](DiskShop& shop) { shop.inspect(); });
}

/// Every choice of what a stop at this step leaves.
void ScenarioRuns::run_stopped(std::int64_t step) {
  const auto stops = [this](const Trouble& trouble) {
    return trouble.fault == DiskFault::Stop && chosen(trouble);
  };
  if (std::ranges::none_of(kTroubles, stops)) return;
  disk_.start(image_);
  disk_.fail_at(step, DiskFault::Stop);
  Memory memory = memory_;
  Findings before;
  perform(memory, before, scenario_.script);
  if (!before.violations.empty()) report(step, &kTroubles[0], std::move(before));

  const DiskFiles stopped = disk_.cached();
  for (const Trouble& trouble : kTroubles) {
    if (!stops(trouble)) continue;
    for (int number = 0; number < trouble.draws; ++number) {
      const std::uint64_t drawn = draw(step, trouble, number);
      run_on(trouble.survival == Survival::All
                 ? stopped.copy()
                 : DiskFiles(stopped.surviving(trouble.survival, drawn, kOutside)),
             memory, step, trouble, drawn);
    }
  }
}

/// The shop goes on with what a stop has left.
void ScenarioRuns::run_on(DiskFiles left, Memory memory, std::int64_t step, const Trouble& trouble,
                          std::uint64_t drawn) {
  Findings findings;
  disk_.start(std::move(left));
  if (trouble.again) {
    Random random(drawn);
    const std::uint64_t latest = 1 + random.below(kRecoverySteps);  // so that early is likelier
    disk_.fail_at(1 + static_cast<std::int64_t>(random.below(latest)), DiskFault::Stop);
    recover(memory, findings);
    disk_.start(disk_.surviving(*trouble.again, random.next()));
  }
  recover(memory, findings);
  report(step, &trouble, std::move(findings));
}

/// One step fails and the shop goes on; at the end the power goes, and nothing unsynced is left.
void ScenarioRuns::run_failing(std::int64_t step, const Trouble& trouble) {
  disk_.start(image_);
  disk_.fail_at(step, trouble.fault);
  Memory memory = memory_;
  Findings findings;
  perform(memory, findings, scenario_.script, true);
  disk_.start(disk_.surviving(Survival::None, 0));
  recover(memory, findings);
  report(step, &trouble, std::move(findings));
}

void ScenarioRuns::report(std::int64_t step, const Trouble* trouble, Findings findings) {
  ++tally_.runs;
  if (trouble != nullptr) ++tally_.troubles[number_of(*trouble)];
  tally_.findings.audits += findings.audits;
  tally_.findings.orders += findings.orders;
  tally_.findings.answers += findings.answers;
  if (findings.violations.empty()) return;
  ++tally_.failed;
  options_.report_failure(scenario_, {trouble, step, std::move(findings.violations)});
}

}  // namespace orderflow::world
