#include "proof/world/simulation.h"

#include <gtest/gtest.h>

#include <sstream>

#include "order/rules/due.h"
#include "proof/world/outside.h"
#include "proof/world/sweep.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr int kSeeds = 300;

/// One order for one piece of what is in stock.
Scenario one_order(HomeKind home) {
  Scenario scenario{.name = "one", .home = home};
  scenario.products.push_back({.sku = "cup", .price = 500, .available = 1});
  scenario.orders.push_back(
      {.lines = {{.sku = "cup", .price = 500, .quantity = 1}}, .with_key = true});
  return scenario;
}

std::string text_of(const WorldSum& part) {
  std::string text;
  for (const FailedWorld& failure : part.failures) {
    for (const auto& [invariant, detail] : failure.result.violations) {
      text += failure.replay + ": " + invariant + ": " + detail + "\n";
    }
  }
  return text;
}

std::string trace_of(const WorldSetup& setup) {
  std::ostringstream trace;
  WorldSetup traced = setup;
  traced.trace = &trace;
  (void)simulate(traced);
  return trace.str();
}

TEST(Simulation, ATraceChangesNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    WorldSetup setup = setup_of(seed);
    const std::uint64_t hash = simulate(setup).trace_hash;
    std::ostringstream trace;
    setup.trace = &trace;
    EXPECT_EQ(simulate(setup).trace_hash, hash);
    EXPECT_FALSE(trace.str().empty());
  }
}

/// The same numbers in every build, on every machine. They change with the world and with what the
/// functions do; nothing else may change them.
TEST(Simulation, IsTheSameRunInEveryBuild) {
  EXPECT_EQ(simulate(setup_of(1)).trace_hash, 0x7d5dab6a1d5c2803U);
  EXPECT_EQ(simulate(setup_of(2)).trace_hash, 0x24a182ced414619eU);
  EXPECT_EQ(simulate(setup_of(3)).trace_hash, 0xbd92031d0d755601U);
}

TEST(Simulation, RandomFaultsBreakNothing) {
  const WorldSum part = sweep(0, kSeeds, {}, simulate);
  EXPECT_EQ(text_of(part), "");
  EXPECT_EQ(part.tally.worlds, kSeeds);
}

TEST(Simulation, NoFaultAtAnyPlaceOfAnOrdersLifeBreaksAnything) {
  const std::vector<Scenario> scenarios = {one_order(HomeKind::Local),
                                           one_order(HomeKind::Serverless)};
  const WorldSum part = exhaust(scenarios, false, {}, simulate);
  EXPECT_EQ(text_of(part), "");
  EXPECT_GT(part.tally.injected(Fault::CrashBefore), 10);
  EXPECT_GT(part.tally.injected(Fault::CrashAfter), 10);
}

/// The order hangs at the provider: its batch ends in time and names it, and it comes again.
TEST(Simulation, ABatchThatHangsIsStoppedBeforeItsDeadline) {
  WorldSetup setup{.seed = 3, .scenario = one_order(HomeKind::Serverless)};
  setup.faults = FaultPlan::only({{{Point::Authorize, 0, 1}, Fault::HangBefore}});
  EXPECT_TRUE(simulate(setup).violations.empty());
  const std::string trace = trace_of(setup);
  EXPECT_NE(trace.find("a batch is stopped before its deadline"), std::string::npos) << trace;
  EXPECT_EQ(trace.find("dies"), std::string::npos) << "the time limit of Lambda did not end it";
  EXPECT_NE(trace.find("order 0   is shipped"), std::string::npos);
}

TEST(Simulation, ANightsOutageOfTheProviderOrTheCarrierParksNothing) {
  for (const HomeKind home : {HomeKind::Local, HomeKind::Serverless}) {
    for (const Point point : {Point::Authorize, Point::Capture, Point::Ship}) {
      WorldSetup setup{.seed = 3, .scenario = one_order(home)};
      setup.faults = FaultPlan::only({{{point, 0, 1}, Fault::Outage}});
      const WorldResult result = simulate(setup);
      EXPECT_TRUE(result.violations.empty()) << to_string(point);
      EXPECT_GT(result.tally.virtual_time, 10min);
      const std::string trace = trace_of(setup);
      EXPECT_NE(trace.find(" is down for "), std::string::npos) << trace;
      EXPECT_NE(trace.find("order 0   is shipped"), std::string::npos) << trace;
      EXPECT_EQ(trace.find("/retry is answered"), std::string::npos) << "nobody had to help";
    }
  }
}

/// A world whose parts a test moves by hand.
class WorldTest : public testing::Test {
 protected:
  void run() {
    world.in(0ms, nullptr, [] {});
    while (world.step()) {
    }
  }

  WorldSetup setup{.seed = 1, .scenario = one_order(HomeKind::Local)};
  WorldResult result;
  Auditor auditor{setup.scenario};
  World world{setup, result, auditor};
};

struct Trail {
  bool began = false;
  bool went_on = false;
  bool destroyed = false;

  friend bool operator==(const Trail&, const Trail&) = default;
};
struct Local {
  Trail& trail;
  ~Local() { trail.destroyed = true; }
};

Task<void> work(World& world, Process& process, Trail& trail) {
  const Local local{trail};
  trail.began = true;
  (void)co_await world.call(process, Point::Load, 0);
  trail.went_on = true;
}

TEST_F(WorldTest, ACoroutineGoesOnOnlyWhileItsProcessLivesAndIsDestroyedWithIt) {
  Process lives;
  Process dies;
  Trail trail_of_living;
  Trail trail_of_dead;
  world.start(work(world, lives, trail_of_living));
  world.start(work(world, dies, trail_of_dead));
  world.in(0ms, nullptr, [&] { world.kill(dies); });
  run();
  run();
  EXPECT_EQ(trail_of_living, (Trail{.began = true, .went_on = true, .destroyed = true}));
  EXPECT_EQ(trail_of_dead, (Trail{.began = true, .went_on = false, .destroyed = true}));
}

TEST_F(WorldTest, AnErrorIsNotStoredUnderAKeyThatWasAnsweredBefore) {
  Outside outside(world);
  const OrderId order;
  const auto key = [&](int attempt) {
    return idempotency_key(order, Operation::Authorize, attempt);
  };
  const auto authorize = [&](int attempt) {
    const PaymentRequest request{
        .order = order, .key = key(attempt), .amount = 500, .payment_method = "pm_card_visa"};
    return outside.pay(Operation::Authorize, request).outcome;
  };
  ASSERT_EQ(authorize(1), EffectOutcome::Ok);
  outside.break_key(key(1));
  outside.break_key(key(2));
  EXPECT_EQ(authorize(1), EffectOutcome::Ok);
  EXPECT_EQ(authorize(2), EffectOutcome::Unknown);
}

}  // namespace
}  // namespace orderflow::world
