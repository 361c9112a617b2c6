#include "adapters/local_queue/in_process_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "adapters/system/system_timers.h"
#include "support/ports.h"
#include "support/run.h"

namespace orderflow {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class InProcessQueueTest : public testing::Test {
 protected:
  using Delivery = std::pair<Stage, OrderId>;

  void nudge(Stage stage, OrderId id, Duration delay = 0ms) {
    EXPECT_TRUE(run(io, queue.nudge(stage, id, delay)).has_value());
  }

  /// Work that notes what it was given, fails as often as `failures` says, and then waits for
  /// release() while `held` is set.
  Task<Result<void>> work(Stage stage, OrderId id) {
    deliveries.emplace_back(stage, id);
    working_max = std::max(working_max, ++working);
    if (held) (void)co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
    --working;
    if (failures[id]-- > 0) co_return failure(error, "the store is down");
    co_return Result<void>();
  }
  void start() {
    queue.start([this](Stage stage, OrderId id) { return work(stage, id); });
  }
  void release() {
    held = false;
    gate.cancel();
  }
  std::vector<QueueDepth> depths() { return *run(io, queue.depths()); }
  template <typename Condition>
  void run_until(Condition condition) {
    orderflow::run_until(io, condition);
  }

  asio::io_context io;
  TestIds ids{0.01};
  SystemTimers timers{io.get_executor()};
  InProcessQueue queue{io.get_executor(), timers, ids};
  asio::steady_timer gate{io, std::chrono::steady_clock::time_point::max()};
  bool held = false;
  std::int64_t working = 0;
  std::int64_t working_max = 0;
  std::map<OrderId, int> failures;
  ErrorCode error = ErrorCode::Unavailable;
  std::vector<Delivery> deliveries;
};

TEST_F(InProcessQueueTest, KeepsNudgesUntilItIsStartedAndServesLaterStagesFirst) {
  nudge(Stage::Payment, order_id(1));
  nudge(Stage::Payment, order_id(2));
  nudge(Stage::Fulfillment, order_id(3));
  EXPECT_TRUE(deliveries.empty());
  start();
  run_until([&] { return deliveries.size() == 3; });
  const std::vector<Delivery> expected = {{Stage::Fulfillment, order_id(3)},
                                          {Stage::Payment, order_id(1)},
                                          {Stage::Payment, order_id(2)}};
  EXPECT_EQ(deliveries, expected);
}

TEST_F(InProcessQueueTest, WorksOnABoundedNumberAtOnce) {
  held = true;
  start();
  for (int i = 0; i < kInFlightMax + 10; ++i) nudge(Stage::Payment, order_id(1));
  run_until([&] { return working == kInFlightMax; });
  const auto depth = depths()[0];
  EXPECT_EQ(depth.in_flight, kInFlightMax);
  EXPECT_EQ(depth.ready, 10);
  release();
  run_until([&] { return deliveries.size() == kInFlightMax + 10 && working == 0; });
  EXPECT_EQ(working_max, kInFlightMax);
}

TEST_F(InProcessQueueTest, DeliversInOneTurnMoreThanRequestsAddInOne) {
  for (int i = 0; i < 1000; ++i) nudge(Stage::Payment, order_id(1));
  start();
  std::size_t after_a_turn = 0;
  asio::post(io, [&] { after_a_turn = deliveries.size(); });
  run_until([&] { return after_a_turn > 0; });
  EXPECT_EQ(after_a_turn, 1000u) << "or a backlog grows under load";
}

TEST_F(InProcessQueueTest, RunsNoStepWithinTheCallThatNudges) {
  start();
  nudge(Stage::Payment, order_id(1));
  run_until([&] { return deliveries.size() == 1; });
  asio::post(io, [&] {
    asio::co_spawn(io, queue.nudge(Stage::Payment, order_id(2), 0ms), asio::detached);
    EXPECT_EQ(deliveries.size(), 1u) << "the event loop comes to it later";
  });
  run_until([&] { return deliveries.size() == 2; });
}

TEST_F(InProcessQueueTest, DeliversDelayedNudgesInOrderOfTheirTime) {
  start();
  nudge(Stage::Payment, order_id(3), 60ms);
  nudge(Stage::Payment, order_id(1), 20ms);
  nudge(Stage::Inventory, order_id(2), 40ms);
  const auto begun = std::chrono::steady_clock::now();
  run_until([&] { return deliveries.size() == 3; });
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 55ms);
  EXPECT_EQ(deliveries[0].second, order_id(1));
  EXPECT_EQ(deliveries[1].second, order_id(2));
  EXPECT_EQ(deliveries[2].second, order_id(3));
}

TEST_F(InProcessQueueTest, DoesNotDeliverAgainWhereTryingAgainCannotHelp) {
  error = ErrorCode::Corrupt;
  failures[order_id(1)] = 1;
  start();
  nudge(Stage::Payment, order_id(1));
  run_until([&] { return deliveries.size() == 1; });
  EXPECT_EQ(depths()[0].delayed, 0);
  EXPECT_EQ(depths()[0].ready, 0);
}

TEST_F(InProcessQueueTest, OfNudgesThatFailAlikeOneComesAgain) {
  failures[order_id(1)] = 6;
  held = true;
  start();
  for (int i = 0; i < 5; ++i) nudge(Stage::Inventory, order_id(1));
  nudge(Stage::Payment, order_id(1));
  run_until([&] { return working == 6; });
  release();
  run_until([&] { return deliveries.size() >= 8 && working == 0; });
  EXPECT_EQ(std::ranges::count(deliveries, Delivery(Stage::Inventory, order_id(1))), 6);
  EXPECT_EQ(std::ranges::count(deliveries, Delivery(Stage::Payment, order_id(1))), 2);
  for (const QueueDepth& depth : depths()) {
    EXPECT_EQ(depth.ready + depth.in_flight + depth.delayed, 0);
  }

  failures[order_id(1)] = 1;
  nudge(Stage::Inventory, order_id(1));
  run_until([&] { return deliveries.size() == 10; });
}

TEST_F(InProcessQueueTest, CountsWhatWaitsAndTellsTheAgeOfTheOldest) {
  nudge(Stage::Payment, order_id(1));
  nudge(Stage::Payment, order_id(2));
  nudge(Stage::Payment, order_id(3), 1h);
  run_until([&] { return depths()[0].oldest_age >= 20ms; });
  const auto depth = depths()[0];
  EXPECT_EQ(depth.ready, 2);
  EXPECT_EQ(depth.delayed, 1);
  EXPECT_EQ(depth.in_flight, 0);
}

TEST_F(InProcessQueueTest, StopFinishesWhatIsInFlightAndDropsTheRest) {
  held = true;
  start();
  for (int i = 0; i < kInFlightMax; ++i) nudge(Stage::Payment, order_id(1));
  nudge(Stage::Payment, order_id(2));
  nudge(Stage::Payment, order_id(3), 1ms);
  run_until([&] { return working == kInFlightMax; });

  bool stopped = false;
  asio::co_spawn(io, queue.stop(), [&](std::exception_ptr) { stopped = true; });
  io.poll();
  EXPECT_FALSE(stopped);
  release();
  run_until([&] { return stopped; });
  EXPECT_EQ(working, 0);
  EXPECT_EQ(deliveries.size(), static_cast<std::size_t>(kInFlightMax));

  EXPECT_FALSE(run(io, queue.nudge(Stage::Payment, order_id(4), 0ms)).has_value());
}

}  // namespace
}  // namespace orderflow
