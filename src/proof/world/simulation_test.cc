#include "proof/world/simulation.h"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "order/rules/transitions.h"
#include "proof/world/outside.h"
#include "proof/world/sweep.h"
#include "proof/world/truth.h"
#include "proof/world/world.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeeds = 300;

WorldSetup random_setup(std::uint64_t seed) {
  return {.seed = seed, .scenario = random_scenario(seed), .faults = FaultPlan::random(seed)};
}

/// One order for one piece of what is in stock.
Scenario one_order(HomeKind home) {
  Scenario scenario{.name = "one", .home = home};
  scenario.products.push_back({.sku = "cup", .price = 500, .available = 1});
  scenario.orders.push_back(
      {.lines = {{.sku = "cup", .price = 500, .quantity = 1}}, .with_key = true});
  return scenario;
}

std::string text_of(const WorldResult& result) {
  std::string text;
  for (const Violation& violation : result.violations) {
    text += violation.invariant + ": " + violation.detail + "\n";
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

TEST(Simulation, RunsTheSameAgainWithAndWithoutATrace) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const WorldSetup setup = random_setup(seed);
    const std::uint64_t hash = simulate(setup).trace_hash;
    EXPECT_EQ(simulate(setup).trace_hash, hash);
    std::ostringstream trace;
    WorldSetup traced = setup;
    traced.trace = &trace;
    EXPECT_EQ(simulate(traced).trace_hash, hash);
    EXPECT_FALSE(trace.str().empty());
  }
}

/// The same numbers in every build, on every machine. They change with the world and with what the
/// functions do; nothing else may change them.
TEST(Simulation, IsTheSameRunInEveryBuild) {
  EXPECT_EQ(simulate(setup_of(1)).trace_hash, 0x86a1f85ebe6fcb8fU);
  EXPECT_EQ(simulate(setup_of(2)).trace_hash, 0x4462b55f61a7d6f3U);
  EXPECT_EQ(simulate(setup_of(3)).trace_hash, 0x414acd1a462e68b3U);
}

TEST(Simulation, DifferentSeedsRunDifferently) {
  const Scenario scenario = one_order(HomeKind::Local);
  const WorldSetup one{.seed = 1, .scenario = scenario};
  const WorldSetup two{.seed = 2, .scenario = scenario};
  EXPECT_NE(simulate(one).trace_hash, simulate(two).trace_hash);
}

TEST(Simulation, WithoutFaultsAnOrderShipsInBothHomes) {
  for (const HomeKind home : {HomeKind::Local, HomeKind::Serverless}) {
    const WorldSetup setup{.seed = 7, .scenario = one_order(home)};
    const WorldResult result = simulate(setup);
    EXPECT_EQ(text_of(result), "");
    EXPECT_EQ(result.orders, 1);
    EXPECT_TRUE(result.injected.empty());
    EXPECT_NE(trace_of(setup).find("order 0   is shipped"), std::string::npos);
  }
}

TEST(Simulation, RandomFaultsBreakNothing) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const WorldResult result = simulate(random_setup(seed));
    EXPECT_EQ(text_of(result), "") << "seed " << seed;
  }
}

TEST(Simulation, GoesOnAfterACrashAtEveryPlaceOfAnOrdersLife) {
  for (const HomeKind home : {HomeKind::Local, HomeKind::Serverless}) {
    WorldSetup setup{.seed = 3, .scenario = one_order(home)};
    setup.list_sites = true;
    const auto sites = simulate(setup).sites;
    ASSERT_GT(sites.size(), 10u);
    setup.list_sites = false;
    for (const auto& [site, possible] : sites) {
      for (const Fault fault : {Fault::CrashBefore, Fault::CrashAfter}) {
        if ((possible & set_of(fault)) == 0) continue;
        setup.faults = FaultPlan::only({{site, fault}});
        const WorldResult result = simulate(setup);
        EXPECT_EQ(text_of(result), "") << to_string(site);
        EXPECT_EQ(result.injected.size(), 1u) << to_string(site);
        EXPECT_NE(trace_of(setup).find("order 0   is shipped"), std::string::npos)
            << to_string(site);
      }
    }
  }
}

/// The order hangs at the provider: its batch ends in time and names it, and it comes again.
TEST(Simulation, ABatchThatHangsIsStoppedBeforeItsDeadline) {
  WorldSetup setup{.seed = 3, .scenario = one_order(HomeKind::Serverless)};
  setup.faults = FaultPlan::only({{{Point::Authorize, 0, 1}, Fault::HangBefore}});
  EXPECT_EQ(text_of(simulate(setup)), "");
  const std::string trace = trace_of(setup);
  EXPECT_NE(trace.find("a batch is stopped before its deadline"), std::string::npos) << trace;
  EXPECT_EQ(trace.find("dies"), std::string::npos) << "the time limit of Lambda did not end it";
  EXPECT_NE(trace.find("order 0   is shipped"), std::string::npos);
}

/// A world whose parts a test moves by hand.
class WorldTest : public testing::Test {
 protected:
  void run() {
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

TEST_F(WorldTest, ACoroutineGoesOnWhileItsProcessLives) {
  Process process;
  Trail trail;
  world.start(work(world, process, trail));
  world.in(1ms, nullptr, [] {});
  run();
  EXPECT_TRUE(trail.went_on && trail.destroyed);
}

TEST_F(WorldTest, ADeadProcessNeverGoesOnAndItsCoroutineIsDestroyed) {
  Process process;
  Trail trail;
  world.start(work(world, process, trail));
  world.in(0ms, nullptr, [&] { world.kill(process); });
  run();
  world.in(0ms, nullptr, [] {});
  run();
  EXPECT_TRUE(trail.began);
  EXPECT_FALSE(trail.went_on);
  EXPECT_TRUE(trail.destroyed);
}

TEST_F(WorldTest, ACrashAtACallAbandonsItsCaller) {
  setup.faults = FaultPlan::only({{{Point::Load, 0, 1}, Fault::CrashBefore}});
  Process process;
  Trail trail;
  world.start(work(world, process, trail));
  world.in(0ms, nullptr, [] {});
  run();
  EXPECT_TRUE(trail.began);
  EXPECT_FALSE(process.alive);
  EXPECT_FALSE(trail.went_on);
  EXPECT_TRUE(trail.destroyed);
}

Order received(std::uint8_t last_byte) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[6] = 0x70;
  bytes[15] = last_byte;
  OrderBody body{.id = OrderId(bytes), .customer_email = email_of(0)};
  body.lines.push_back(
      {.sku = "cup", .name = "cup", .unit_price = 500, .quantity = 1, .total = 500});
  body.total = 500;
  body.payment_method = "pm_card_visa";
  return receive(std::move(body));
}

Task<void> create(Truth& truth, OrderPtr order) {
  (void)co_await truth.create(std::move(order), std::nullopt);
}

/// All its life. Capture and shipment have no barrier.
Task<void> ship(Truth& truth, std::vector<CommitOutcome>& outcomes) {
  auto order = std::make_shared<const Order>(received(1));
  (void)co_await truth.create(order, std::nullopt);
  const Timestamp now = order->updated_at();
  const std::vector<std::function<Decision(const Order&)>> steps = {
      [&](const Order& at) { return authorized(at, 1, now); },
      [&](const Order& at) { return stock_reserved(at, {{.sku = "cup", .quantity = 1}}, now); },
      [&](const Order& at) { return claimed(at, now); },
      [&](const Order& at) { return captured(at, 1, now); },
      [&](const Order& at) { return shipped(at, 1, "SIM1", "simulated", now); }};
  for (const auto& step : steps) {
    auto decision = step(*order);
    OrderPtr next = decision->next;
    auto outcome = co_await truth.commit(order->version(), std::move(*decision));
    outcomes.push_back(*outcome);
    order = next;
  }
}

TEST_F(WorldTest, ACrashTakesBackWhatWasVolatileAndItsStock) {
  Truth truth(world);
  truth.latest.products["cup"] = {.sku = "cup", .name = "cup", .price = 500};
  truth.latest.products["cup"].stock = {.available = 1, .received = 1};
  truth.received("cup", 1);
  std::vector<CommitOutcome> outcomes;
  world.start(ship(truth, outcomes));
  world.in(0ms, nullptr, [] {});
  run();
  ASSERT_EQ(outcomes, std::vector(5, CommitOutcome::Committed));
  ASSERT_EQ(truth.volatile_count(), 2u);
  EXPECT_EQ(truth.latest.products["cup"].stock.shipped, 1);
  EXPECT_EQ(truth.durable.products["cup"].stock.reserved, 1);

  truth.flush(1);  // the capture reached the disk
  EXPECT_EQ(truth.roll_back().size(), 1u);
  EXPECT_EQ(truth.latest.products["cup"].stock.reserved, 1);
  const OrderState& state = truth.latest.orders.at(received(1).id())->state;
  EXPECT_EQ(state.status, Status::Fulfilling);
  EXPECT_EQ(state.payment_status, PaymentStatus::Captured);
}

TEST_F(WorldTest, AnErrorIsNotStoredUnderAKeyThatWasAnsweredBefore) {
  Truth truth(world);
  Outside outside(world);
  const auto order = std::make_shared<const Order>(received(1));
  world.start(create(truth, order));
  world.in(0ms, nullptr, [] {});
  run();
  const auto request = [&](int attempt) {
    return PaymentRequest{.order = order->id(),
                          .key = idempotency_key(order->id(), Operation::Authorize, attempt),
                          .amount = 500,
                          .payment_method = "pm_card_visa"};
  };
  const auto authorize = [&](int attempt) {
    return outside.pay(sandbox::PaymentOperation::Authorize, request(attempt)).outcome;
  };
  ASSERT_EQ(authorize(1), EffectOutcome::Ok);
  outside.break_key(request(1).key);
  outside.break_key(request(2).key);
  EXPECT_EQ(authorize(1), EffectOutcome::Ok);
  EXPECT_EQ(authorize(2), EffectOutcome::Unknown);
}

}  // namespace
}  // namespace orderflow::world
