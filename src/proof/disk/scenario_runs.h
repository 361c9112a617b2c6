#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proof/disk/disk_scenarios.h"
#include "proof/disk/lying_disk.h"

namespace orderflow::world {

/// What can go wrong at a step.
struct Trouble {
  const char* name;
  DiskFault fault{};
  /// Of Stop. All is the death of the process: what is unsynced may still go in a later power cut.
  Survival survival{};
  int draws = 1;                  ///< how many choices of what survives are tried
  std::optional<Survival> again;  ///< the power goes once more while the shop recovers
};
inline constexpr Trouble kTroubles[] = {
    {"kill", DiskFault::Stop, Survival::All},
    {"kill-then-cut", DiskFault::Stop, Survival::All, 2, Survival::None},
    {"cut-none", DiskFault::Stop, Survival::None},
    {"cut-prefix", DiskFault::Stop, Survival::Prefix},
    {"cut-torn", DiskFault::Stop, Survival::Torn, 3},
    {"cut-twice", DiskFault::Stop, Survival::Torn, 1, Survival::Torn},
    {"io-error", DiskFault::IoError},
    {"full", DiskFault::Full},
    {"short-write", DiskFault::ShortWrite},
    {"lost-sync", DiskFault::LostSync},
    {"stays-full", DiskFault::StaysFull},
};

/// What runs came to.
struct DiskTally {
  std::int64_t scenarios = 0;
  std::array<std::int64_t, kDiskStepCount> steps{};  ///< of the scenarios without any trouble
  std::int64_t runs = 0;
  std::int64_t failed = 0;
  std::int64_t crashes = 0;  ///< after which the shop was opened again
  std::array<std::int64_t, std::size(kTroubles)> troubles{};
  Findings findings;
};

/// A run that found something wrong.
struct DiskFailure {
  const Trouble* trouble = nullptr;  ///< null: there was none
  std::int64_t step = 0;
  std::vector<std::string> violations;
};

struct DiskRunsOptions {
  std::uint64_t seed = 1;
  const Trouble* trouble = nullptr;  ///< this one only
  std::int64_t step = 0;             ///< this one only
  std::int64_t every = 1;
  std::function<bool()> goes_on;  ///< asked before each step; false ends the runs
  std::function<void(const DiskScenario&, const DiskFailure&)> report_failure;
};

/// All runs of one scenario. One at a time in a process: see LyingDisk.
class ScenarioRuns {
 public:
  /// `folder` is for what the store does beside SQLite. Adds to `tally` what the runs come to.
  ScenarioRuns(const DiskScenario& scenario, const DiskRunsOptions& options,
               std::filesystem::path folder, DiskTally& tally);

  void run();

 private:
  [[nodiscard]] bool chosen(std::int64_t step) const;
  [[nodiscard]] bool chosen(const Trouble& trouble) const;
  [[nodiscard]] std::uint64_t draw(std::int64_t step, const Trouble& trouble, int number) const;
  void prepare();
  void perform(Memory& memory, Findings& findings, const DiskScript& script,
               bool stops_at_end = false);
  void recover(Memory& memory, Findings& findings);
  void run_stopped(std::int64_t step);
  void run_on(DiskFiles left, Memory memory, std::int64_t step, const Trouble& trouble,
              std::uint64_t drawn);
  void run_failing(std::int64_t step, const Trouble& trouble);
  void report(std::int64_t step, const Trouble* trouble, Findings findings);

  const DiskScenario& scenario_;
  const DiskRunsOptions& options_;
  const std::filesystem::path folder_;
  DiskTally& tally_;
  LyingDisk disk_;
  Image image_;
  Memory memory_;
};

}  // namespace orderflow::world
