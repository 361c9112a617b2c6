#include "proof/world/simulate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "support/temporary_folder.h"

namespace orderflow::world {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Fault, EachReadsBackAtEachPoint) {
  for (int i = 0; i < kFaultCount * kPointCount; ++i) {
    for (const std::uint32_t order : {0U, 7U, kNoOrder}) {
      const FaultAt fault{{static_cast<Point>(i % kPointCount), order, 12},
                          static_cast<Fault>(i / kPointCount)};
      EXPECT_EQ(fault_at_from_string(to_string(fault)), fault) << to_string(fault);
    }
  }
  EXPECT_EQ(to_string(FaultAt{{Point::Authorize, 3, 2}, Fault::CrashAfter}),
            "crash-after@authorize:3:2");
  for (const char* text : {"", "crash-after", "crash-after@", "@authorize:3:2", "late@authorize:3",
                           "late@authorize::2", "late@authorize:3:x", "late@nowhere:3:2"}) {
    EXPECT_FALSE(fault_at_from_string(text)) << text;
  }
}

constexpr std::uint32_t kSites = 12;

/// A world of twelve calls that may each be slow. M1 does not hold where all of `fatal` are.
WorldResult fake_world(const WorldSetup& setup, const std::vector<std::uint32_t>& fatal) {
  WorldResult result;
  std::uint32_t met = 0;
  for (std::uint32_t nth = 1; nth <= kSites; ++nth) {
    const Site site{Point::Load, 0, nth};
    if (setup.list_sites) result.sites.emplace_back(site, set_of(Fault::Slow));
    if (!setup.faults.at(site, set_of(Fault::Slow))) continue;
    result.injected.push_back({site, Fault::Slow});
    ++result.tally.coverage[0][static_cast<std::size_t>(Fault::Slow)];
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

/// The seeds 40, 41, 42, ... fail.
WorldResult fails_from_40(const WorldSetup& setup) {
  WorldResult result{.tally = {.orders = static_cast<std::int64_t>(setup.seed)}};
  if (setup.seed >= 40) result.violations.push_back({"S1", "one piece too many"});
  return result;
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

TEST(Sweep, StopsAtTheSmallestSeedThatFailsHoweverManyThreadsThereAre) {
  for (const int jobs : {1, 2, 8}) {
    const Ran ran = run({.seeds = 1'000, .jobs = jobs}, fails_from_40);
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.output, HasSubstr("seeds 1 to 1000: 40 worlds, 1 failed"));
    EXPECT_THAT(ran.output, HasSubstr(" 820 orders"));
    EXPECT_THAT(ran.output, HasSubstr("\n--seed 40 fails:\n  S1: one piece too many\n"));
  }
}

TEST(Sweep, KeepsGoingWhereToldTo) {
  const WorldSum part = sweep(1, 1'000, {.jobs = 3, .keep_going = true}, fails_from_40);
  EXPECT_EQ(part.tally.worlds, 1'000);
  EXPECT_EQ(part.tally.failed, 961);
  EXPECT_EQ(part.failures.front().replay, "--seed 40");
}

TEST(Sweep, EndsWhenStoppedWithWhatItHas) {
  std::atomic<bool> stop = false;
  const Parallel how{.jobs = 2, .stop = &stop, .progress = [&stop](const WorldSum& sum) {
                       if (sum.tally.worlds == 10) stop = true;
                     }};
  constexpr std::uint64_t kAll = 1'000'000'000'000;  // would take for ever
  const WorldSum part = sweep(1, kAll, how, kSound);
  EXPECT_GE(part.tally.worlds, 10);
  EXPECT_LT(part.tally.worlds, kAll);
}

TEST(Exhaust, RunsEveryFaultAndEveryPairOnce) {
  const std::vector<Scenario> scenarios = {{.name = "one"}, {.name = "two"}};
  EXPECT_EQ(exhaust(scenarios, false, {.jobs = 2}, kSound).tally.worlds, 2 * (1 + 12));
  const WorldTally tally = exhaust(scenarios, true, {.jobs = 2}, kSound).tally;
  EXPECT_EQ(tally.worlds, 2 * (1 + 12 + 12 * 11 / 2));
  EXPECT_EQ(tally.injected(Fault::Slow), 2 * (12 + 2 * 66));
}

TEST(Exhaust, FindsThePairThatFailsAndKeepsBothFaults) {
  const Ran ran = run({.exhaustive = true}, fails_where({3, 11}));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("--scenario 'ships, local' fails:\n  M1: order 0"));
  EXPECT_THAT(ran.output, HasSubstr("2 of them are enough"));
  EXPECT_THAT(ran.output, HasSubstr("--faults 'slow@load:0:3,slow@load:0:11' --trace\n"));
}

TEST(SimulateCommand, ASweepIsReportedAsTextAndAsMarkdown) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "report.md";
  const Ran ran = run({.seeds = 10, .jobs = 2, .report = file}, kSound);
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("seeds 1 to 10: 10 worlds, 0 failed"));
  EXPECT_THAT(ran.output, HasSubstr("faults: slow "));
  EXPECT_THAT(ran.output, HasSubstr("\n  late at PENDING\n"));
  std::ostringstream markdown;
  markdown << std::ifstream(file).rdbuf();
  EXPECT_THAT(markdown.str(), HasSubstr("| conflict | - |"));
  EXPECT_THAT(markdown.str(), HasSubstr("Never hit: fail-before at PENDING, "));
}

TEST(SimulateCommand, AFailureIsReducedAndNamesItsReplay) {
  const Ran ran = run({.seeds = 1'000}, fails_where({5}));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("M1: order 0 was captured twice"));
  EXPECT_THAT(ran.output, HasSubstr("1 of them are enough"));
  EXPECT_THAT(ran.output, HasSubstr("traced\n"));
  EXPECT_THAT(ran.output, HasSubstr(" --faults 'slow@load:0:5' --trace\n"));
  EXPECT_THAT(run({.seeds = 1}, fails_where({})).output, HasSubstr("\n0 of them are enough"));
}

TEST(SimulateCommand, SaysWhereTheFaultsAloneViolateAnotherInvariant) {
  const Simulate simulate = [calls = 0](const WorldSetup&) mutable {
    return WorldResult{.violations = {{calls++ == 0 ? "L1" : "M1", "another every time"}}};
  };
  EXPECT_THAT(run({.seeds = 1}, simulate).output, HasSubstr("as a list they do not violate"));
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

TEST(SimulateCommand, APairThatCannotBeIsAnError) {
  const Simulate wrong = [](const WorldSetup&) {
    WorldResult result;
    result.tally.coverage[0][static_cast<std::size_t>(Fault::ClockBack)] = 1;
    return result;
  };
  const Ran ran = run({.seeds = 1}, wrong);
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("hit, though excluded: clock-back at PENDING"));
}

}  // namespace
}  // namespace orderflow::world
