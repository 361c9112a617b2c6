#include "proof/disk/disk_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "proof/disk/scenario_runs.h"

namespace orderflow::world {
namespace {

using testing::HasSubstr;

struct Ran {
  int status;
  std::string output;
};

Ran run(const DiskOptions& options, const std::vector<DiskScenario>& scenarios = disk_scenarios()) {
  std::ostringstream out;
  const int status = run_disk(options, out, scenarios);
  return {status, out.str()};
}

/// A sixteenth of the steps; `orderflow simulate --disk` does them all. With synchronous=OFF or
/// NORMAL in adapters/sqlite/engine/sqlite_connection.cc this fails in every scenario.
TEST(DiskRuns, WhateverTheDiskDoesNoAnswerAndNoMoneyIsLost) {
  const Ran ran = run({.every = 16});
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("0 failed"));
  for (const Trouble& trouble : kTroubles) EXPECT_THAT(ran.output, HasSubstr(trouble.name));
}

TEST(DiskRuns, OneRunCanBeReplayed) {
  const Ran ran = run({.scenario = "ships", .faults = "kill-then-cut@61"});
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("seeds 1 to 1: 1 scenarios"));
  EXPECT_EQ(run({.scenario = "ships", .faults = "kill-then-cut@61"}).output, ran.output);
}

TEST(DiskRuns, TheStepsOfAScenarioAreTheSameEveryTime) {
  for (const DiskScenario& scenario : disk_scenarios()) {
    if (!scenario.repeatable) continue;
    const DiskOptions options{.scenario = scenario.name, .every = 1'000'000};
    EXPECT_EQ(run(options).output, run(options).output) << scenario.name;
  }
}

/// The name of the token says that it is declined, and the provider knows nothing of it.
void ends_unasked(DiskShop& shop) { shop.order({.sku = "pear", .payment_method = "pm_eclined"}); }

TEST(DiskRuns, AViolationIsToldWithItsReplay) {
  const std::vector<DiskScenario> scenarios = {{"wrong", {{"pear", 5}}, ends_unasked},
                                               {"never-run", {}, ends_unasked}};
  const Ran ran = run({.first = 7, .seeds = 9}, scenarios);
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("pm_eclined ended SHIPPED"));
  EXPECT_THAT(ran.output, HasSubstr("replay: orderflow simulate --disk --scenario wrong --seed 7"));
  EXPECT_THAT(ran.output, HasSubstr("1 scenarios, 1 runs, 1 failed"));

  const Ran one = run({.first = 7, .scenario = "wrong", .faults = "io-error@2"}, scenarios);
  EXPECT_EQ(one.status, 1);
  const Ran all =
      run({.first = 7, .scenario = "wrong", .keep_going = true, .every = 16}, scenarios);
  EXPECT_THAT(all.output, HasSubstr(" --scenario wrong --faults cut-torn@"));
  EXPECT_THAT(all.output, HasSubstr(" --seed 7\n"));
}

TEST(DiskRuns, AReplayOfNothingIsBadUsage) {
  EXPECT_EQ(run({.scenario = "ships", .faults = "kill@1x"}).status, 2);
  EXPECT_EQ(run({.faults = "kill@1"}).status, 2);
  EXPECT_EQ(run({.scenario = "ships", .faults = "io-error@1"}).status, 0);
  EXPECT_EQ(run({.scenario = "ships", .faults = "kill@1"}).status, 2);  // it is an open
  EXPECT_EQ(run({.scenario = "ships", .faults = "kill@9999"}).status, 2);
}

}  // namespace
}  // namespace orderflow::world
