#include "proof/world/simulate_command.h"
#include "base/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <sstream>

#include "proof/world/exhaustive.h"
#include "proof/world/report.h"
#include "proof/world/shrink.h"
#include "proof/world/sweep.h"

namespace orderflow::world {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint32_t kSites = 12;

FaultAt slow(std::uint32_t nth) { return {{Point::Load, 0, nth}, Fault::Slow}; }

/// A world of twelve calls that may each be slow. M1 does not hold where all of `fatal` are.
WorldResult fake_world(const WorldSetup& setup, const std::vector<std::uint32_t>& fatal) {
  WorldResult result{.trace_hash = setup.seed, .orders = 1, .events = kSites};
  std::uint32_t met = 0;
  for (std::uint32_t nth = 1; nth <= kSites; ++nth) {
    const Site site = slow(nth).site;
    if (setup.list_sites) result.sites.emplace_back(site, set_of(Fault::Slow));
    if (!setup.faults.at(site, set_of(Fault::Slow))) continue;
    result.injected.push_back({slow(nth), Duration(nth)});
    ++result.coverage[0][static_cast<std::size_t>(Fault::Slow)];
    met += std::ranges::count(fatal, nth) > 0 ? 1 : 0;
  }
  if (setup.trace != nullptr) *setup.trace << "traced\n";
  if (met == fatal.size()) result.violations.push_back({"M1", "order 0 was captured twice"});
  return result;
}

Simulate fails_where(std::vector<std::uint32_t> fatal) {
  return [fatal = std::move(fatal)](const WorldSetup& setup) { return fake_world(setup, fatal); };
}

const Simulate kSound = fails_where({kSites + 1});

FailedWorld failure_of_all(const Simulate& simulate) {
  std::vector<FaultAt> all;
  for (std::uint32_t nth = 1; nth <= kSites; ++nth) all.push_back(slow(nth));
  WorldSetup setup{.faults = FaultPlan::only(all)};
  WorldResult result = simulate(setup);
  return {"--seed 0", setup, result};
}

TEST(Shrink, KeepsTheFaultsThatAreNeededTogether) {
  const Simulate simulate = fails_where({2, 9});
  const Shrunk shrunk = shrink(failure_of_all(simulate), simulate);
  EXPECT_TRUE(shrunk.reproduced);
  EXPECT_THAT(shrunk.faults, ElementsAre(slow(2), slow(9)));
}

TEST(Shrink, ComesDownToNoFaultAtAll) {
  const Simulate simulate = fails_where({});
  EXPECT_THAT(shrink(failure_of_all(simulate), simulate).faults, IsEmpty());
}

TEST(Shrink, KeepsToItsRuns) {
  int runs = 0;
  const Simulate counted = [&runs](const WorldSetup& setup) {
    ++runs;
    return fake_world(setup, {2, 9});
  };
  const FailedWorld failure = failure_of_all(fails_where({2, 9}));
  const Shrunk shrunk = shrink(failure, counted, 3);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(shrunk.runs, 3);
  EXPECT_THAT(shrunk.faults, testing::IsSupersetOf({slow(2), slow(9)}));
}

TEST(Shrink, SaysWhereAnotherInvariantIsViolatedInstead) {
  FailedWorld failure = failure_of_all(fails_where({2}));
  failure.result.violations = {{"L1", "order 0 never ended"}};
  const Shrunk shrunk = shrink(failure, fails_where({2}));
  EXPECT_FALSE(shrunk.reproduced);
  EXPECT_EQ(shrunk.faults.size(), kSites);
}

/// The seeds 40, 41, 42, ... fail.
WorldResult fails_from_40(const WorldSetup& setup) {
  WorldResult result{.orders = static_cast<std::int64_t>(setup.seed), .events = 1};
  if (setup.seed >= 40) result.violations.push_back({"S1", "one piece too many"});
  return result;
}

TEST(Sweep, StopsAtTheSmallestSeedThatFailsHoweverManyThreadsThereAre) {
  for (const int jobs : {1, 2, 8}) {
    const Part part = sweep(1, 1'000, {.jobs = jobs}, fails_from_40);
    ASSERT_EQ(part.failures.size(), 1U);
    EXPECT_EQ(part.failures[0].replay, "--seed 40");
    EXPECT_EQ(part.tally.worlds, 40);
    EXPECT_EQ(part.tally.orders, 40 * 41 / 2);
    EXPECT_EQ(part.tally.failed, 1);
  }
}

TEST(Sweep, KeepsGoingWhereToldTo) {
  const Part part = sweep(1, 1'000, {.jobs = 3, .keep_going = true}, fails_from_40);
  EXPECT_EQ(part.tally.worlds, 1'000);
  EXPECT_EQ(part.tally.failed, 961);
  EXPECT_EQ(part.failures.front().replay, "--seed 40");
}

TEST(Sweep, EndsWhenStoppedWithWhatItHas) {
  std::atomic<bool> stop = false;
  const Parallel how{.jobs = 2, .stop = &stop, .progress = [&stop](const Part& sum) {
                       if (sum.tally.worlds == 10) stop = true;
                     }};
  constexpr std::uint64_t kAll = 1'000'000'000'000;  // would take for ever
  const Part part = sweep(1, kAll, how, kSound);
  EXPECT_GE(part.tally.worlds, 10);
  EXPECT_LT(part.tally.worlds, kAll);
}

TEST(Exhaust, RunsEveryFaultAndEveryPairOnce) {
  const std::vector<Scenario> scenarios = {{.name = "one"}, {.name = "two"}};
  EXPECT_EQ(exhaust(scenarios, false, {.jobs = 2}, kSound).tally.worlds, 2 * (1 + 12));
  const WorldTally tally = exhaust(scenarios, true, {.jobs = 2}, kSound).tally;
  EXPECT_EQ(tally.worlds, 2 * (1 + 12 + 12 * 11 / 2));
  EXPECT_EQ(tally.faults[static_cast<std::size_t>(Fault::Slow)], 2 * (12 + 2 * 66));
}

TEST(Exhaust, FindsThePairThatFails) {
  const Part part = exhaust({{.name = "one"}}, true, {.jobs = 2}, fails_where({3, 11}));
  ASSERT_EQ(part.failures.size(), 1U);
  EXPECT_EQ(part.failures[0].replay, "--scenario 'one'");
  EXPECT_EQ(part.failures[0].result.injected.size(), 2U);
}

Coverage all_but(std::size_t row, Fault fault) {
  Coverage coverage{};
  for (std::size_t i = 0; i < coverage.size(); ++i) {
    for (std::size_t j = 0; j < kFaultCount; ++j) {
      coverage[i][j] = excluded(i, static_cast<Fault>(j)) ? 0 : 3;
    }
  }
  coverage[row][static_cast<std::size_t>(fault)] = 0;
  return coverage;
}

TEST(SimulationReport, NamesThePairsNeverHitAndThoseThatCanNotBe) {
  Coverage coverage = all_but(static_cast<std::size_t>(Status::Reserved), Fault::Late);
  EXPECT_THAT(never_hit(coverage), ElementsAre("late at RESERVED"));
  EXPECT_THAT(hit_though_excluded(coverage), IsEmpty());
  coverage[kStatusCount][static_cast<std::size_t>(Fault::Decline)] = 1;
  EXPECT_THAT(hit_though_excluded(coverage), ElementsAre("decline at no order"));
  EXPECT_FALSE(excluded(kStatusCount, Fault::ClockBack));
}

TEST(SimulationReport, IsTextAndMarkdown) {
  SimulationReport report{"orderflow simulate", "seeds 1 to 2", {.worlds = 2, .orders = 5}};
  report.tally.faults[static_cast<std::size_t>(Fault::Slow)] = 4;
  report.tally.coverage = all_but(0, Fault::Late);
  std::ostringstream text;
  write_text(report, text);
  EXPECT_THAT(text.str(), HasSubstr("seeds 1 to 2: 2 worlds, 0 failed"));
  EXPECT_THAT(text.str(), HasSubstr("faults: slow 4\n"));
  EXPECT_THAT(text.str(), HasSubstr("late at PENDING"));
  std::ostringstream markdown;
  write_markdown(report, markdown);
  EXPECT_THAT(markdown.str(), HasSubstr("| slow | 4 |"));
  EXPECT_THAT(markdown.str(), HasSubstr("| conflict | - |"));
  EXPECT_THAT(markdown.str(), HasSubstr("Never hit: late at PENDING."));
}

struct Ran {
  int status;
  std::string output;
};

Ran run(const SimulateOptions& options, const Simulate& simulate) {
  std::ostringstream out;
  const int status = run_simulate(options, out, simulate);
  return {status, out.str()};
}

TEST(SimulateCommand, ASweepWithoutAViolationIsClean) {
  const Ran ran = run({.seeds = 10, .jobs = 2}, kSound);
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("seeds 1 to 10: 10 worlds, 0 failed"));
}

TEST(SimulateCommand, AFailureIsReducedAndNamesItsReplay) {
  const Simulate simulate = fails_where({5});
  const Ran ran = run({.seeds = 1'000}, simulate);
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("M1: order 0 was captured twice"));
  EXPECT_THAT(ran.output, HasSubstr("1 of them are enough"));
  EXPECT_THAT(ran.output, HasSubstr("traced\n"));
  EXPECT_THAT(ran.output, HasSubstr(" --faults 'slow@load:0:5' --trace\n"));
}

TEST(SimulateCommand, OneWorldWithFaultsOfOnesOwn) {
  const Simulate simulate = fails_where({5});
  EXPECT_EQ(run({.seed = 7, .faults = ""}, simulate).status, 0);
  EXPECT_EQ(run({.seed = 7, .faults = "slow@load:0:5,slow@load:0:6"}, simulate).status, 1);
  EXPECT_EQ(run({.scenario = "ships, local", .faults = "slow@load:0:5"}, simulate).status, 1);
  EXPECT_THAT(run({.seed = 7, .faults = "", .trace = true}, simulate).output,
              HasSubstr("traced\n"));
  EXPECT_THAT(run({.seed = 7, .faults = ""}, simulate).output, Not(HasSubstr("traced")));
}

TEST(SimulateCommand, BadUsageIs2) {
  EXPECT_EQ(run({.seed = 7, .faults = "slow"}, kSound).status, 2);
  EXPECT_EQ(run({.scenario = "no such"}, kSound).status, 2);
  EXPECT_EQ(run({.trace = true}, kSound).status, 2);
  EXPECT_EQ(run({.seed = 7, .exhaustive = true}, kSound).status, 2);
  EXPECT_EQ(run({.seeds = 1, .report = "/no/such/folder/report.md"}, kSound).status, 2);
}

TEST(SimulateCommandDeathTest, ABugThatEndsTheProcessNamesItsWorld) {
  const Simulate dies = [](const WorldSetup& setup) {
    CHECK(setup.seed != 7);
    return WorldResult{};
  };
  EXPECT_DEATH((void)run({.seeds = 10}, dies), "in the world of seed 7");
}

TEST(SimulateCommand, APairThatCanNotBeIsAnError) {
  const Simulate wrong = [](const WorldSetup&) {
    WorldResult result;
    result.coverage[0][static_cast<std::size_t>(Fault::ClockBack)] = 1;
    return result;
  };
  const Ran ran = run({.seeds = 1}, wrong);
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("hit, though excluded: clock-back at PENDING"));
}

}  // namespace
}  // namespace orderflow::world
