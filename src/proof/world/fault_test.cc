#include "proof/world/fault.h"

#include <gtest/gtest.h>

#include "proof/world/fault_plan.h"
#include "proof/world/random.h"
#include "proof/world/scenario.h"

namespace orderflow::world {
namespace {

TEST(Fault, EachHasANameOfItsOwnThatReadsBack) {
  for (int i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(fault_from_string(to_string(fault)), fault);
  }
  EXPECT_FALSE(fault_from_string("no-such-fault"));
}

TEST(Fault, AFaultAtASiteReadsBack) {
  for (int i = 0; i < kPointCount; ++i) {
    for (const std::uint32_t order : {0U, 7U, kNoOrder}) {
      const FaultAt fault{{static_cast<Point>(i), order, 12}, Fault::CrashAfter};
      EXPECT_EQ(fault_at_from_string(to_string(fault)), fault);
    }
  }
  EXPECT_EQ(to_string(FaultAt{{Point::Authorize, 3, 2}, Fault::CrashAfter}),
            "crash-after@authorize:3:2");
  for (const char* text : {"", "crash-after", "crash-after@", "@authorize:3:2", "late@authorize:3",
                           "late@authorize::2", "late@authorize:3:x", "late@nowhere:3:2"}) {
    EXPECT_FALSE(fault_at_from_string(text)) << text;
  }
}

constexpr FaultSet kAll = (1U << kFaultCount) - 1;

TEST(FaultPlan, OfASeedIsTheSameInWhateverOrderItIsAsked) {
  const FaultPlan plan = FaultPlan::random(7);
  std::vector<std::optional<Fault>> forwards;
  std::vector<std::optional<Fault>> backwards;
  for (std::uint32_t nth = 1; nth <= 500; ++nth) {
    forwards.push_back(plan.at({Point::Commit, nth % 5, nth}, kAll));
  }
  for (std::uint32_t nth = 500; nth >= 1; --nth) {
    backwards.insert(backwards.begin(),
                     FaultPlan::random(7).at({Point::Commit, nth % 5, nth}, kAll));
  }
  EXPECT_EQ(forwards, backwards);
}

TEST(FaultPlan, StrikesOnlyWithWhatIsPossible) {
  std::array<int, kFaultCount> struck{};
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const FaultPlan plan = FaultPlan::random(seed);
    for (std::uint32_t nth = 1; nth <= 20; ++nth) {
      const FaultSet possible = set_of(Fault::Late) | set_of(Fault::Slow);
      const auto fault = plan.at({Point::Ship, 0, nth}, possible);
      if (!fault) continue;
      ASSERT_TRUE(fault == Fault::Late || fault == Fault::Slow);
      ++struck[static_cast<std::size_t>(*fault)];
      EXPECT_FALSE(plan.at({Point::Ship, 0, nth}, 0));
    }
  }
  EXPECT_GT(struck[static_cast<std::size_t>(Fault::Late)], 10);
  EXPECT_GT(struck[static_cast<std::size_t>(Fault::Slow)], 10);
}

TEST(FaultPlan, SomeSeedsAreCalmAndEachTurnsOtherFaultsOn) {
  int calm = 0;
  std::array<int, kFaultCount> seeds_with{};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const FaultPlan plan = FaultPlan::random(seed);
    FaultSet seen = 0;
    for (int kind = 0; kind < kFaultCount; ++kind) {
      for (std::uint32_t nth = 1; nth <= 300; ++nth) {
        if (plan.at({Point::Tick, kNoOrder, nth}, 1U << kind)) seen |= 1U << kind;
      }
      if (seen & 1U << kind) ++seeds_with[static_cast<std::size_t>(kind)];
    }
    if (seen == 0) ++calm;
  }
  EXPECT_GT(calm, 5);
  EXPECT_LT(calm, 60);
  for (const int seeds : seeds_with) EXPECT_GT(seeds, 30);
}

TEST(FaultPlan, AListStrikesThereAndNowhereElse) {
  const FaultAt listed{{Point::Capture, 1, 2}, Fault::Late};
  const FaultPlan plan = FaultPlan::only({listed});
  EXPECT_EQ(plan.at(listed.site, kAll), Fault::Late);
  EXPECT_FALSE(plan.at(listed.site, set_of(Fault::Slow))) << "not possible there";
  EXPECT_FALSE(plan.at({Point::Capture, 1, 1}, kAll));
  EXPECT_FALSE(FaultPlan().at(listed.site, kAll));
}

TEST(Scenario, OfASeedIsTheSameAgainAndSeedsDiffer) {
  std::size_t local = 0;
  std::size_t orders = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = random_scenario(seed);
    EXPECT_EQ(scenario.orders.size(), random_scenario(seed).orders.size());
    ASSERT_GE(scenario.orders.size(), 1U);
    ASSERT_LE(scenario.orders.size(), 12U);
    for (const OrderPlan& order : scenario.orders) ASSERT_FALSE(order.lines.empty());
    local += scenario.home == HomeKind::Local ? 1 : 0;
    orders += scenario.orders.size();
  }
  EXPECT_GT(local, 60U);
  EXPECT_LT(local, 140U);
  EXPECT_GT(orders, 400U);
}

TEST(Scenario, TheShortOnesComeInBothHomes) {
  int difference = 0;
  for (const Scenario& scenario : short_scenarios()) {
    difference += scenario.home == HomeKind::Local ? 1 : -1;
    EXPECT_FALSE(scenario.name.empty());
  }
  EXPECT_EQ(difference, 0);
  EXPECT_GE(short_scenarios().size(), 20U);
}

TEST(Random, IsTheGeneratorOfThePaper) {
  Random random(1234567);  // SplitMix64's published outputs for this seed
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

}  // namespace
}  // namespace orderflow::world
