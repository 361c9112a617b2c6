// What every WorkQueue promises, and no more: nudges may come twice and in any order.

#include <algorithm>
#include <boost/asio/detached.hpp>

#include "contract/adapters.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

class WorkQueueContract : public Contract<Queue> {
 protected:
  void nudge(Stage stage, std::uint32_t order, Duration delay = 0ms) {
    EXPECT_TRUE(run(harness_->queue().nudge(stage, body(order).id, delay)).has_value());
  }
  void start() { harness_->start(); }
  std::int64_t delivered(Stage stage, std::uint32_t order) {
    return std::ranges::count(harness_->deliveries, std::pair(stage, body(order).id));
  }
  std::vector<QueueDepth> depths() { return *run(harness_->queue().depths()); }
  template <typename Condition>
  void run_until(Condition condition) {
    orderflow::run_until(io(), condition);
  }
};
INSTANTIATE_TEST_SUITE_P(Adapters, WorkQueueContract, testing::ValuesIn(queue_adapters()),
                         kAdapterName);

TEST_P(WorkQueueContract, DeliversEachNudgeAtItsStage) {
  start();
  for (std::uint32_t i = 0; i < 300; ++i) nudge(static_cast<Stage>(i % 3), i);
  run_until([&] {
    for (std::uint32_t i = 0; i < 300; ++i) {
      if (delivered(static_cast<Stage>(i % 3), i) == 0) return false;
    }
    return true;
  });
  EXPECT_EQ(delivered(Stage::Payment, 1), 0);
}

// The first delivery may have read the order before it changed: the second nudge must not be dropped.
TEST_P(WorkQueueContract, DeliversAgainWhenAnOrderIsNudgedWhileItIsWorkedOn) {
  bool nudged = false;
  harness_->at_work = [&] {
    if (std::exchange(nudged, true)) return;
    boost::asio::co_spawn(io(), harness_->queue().nudge(Stage::Payment, body(1).id, 0ms),
                          boost::asio::detached);
  };
  start();
  nudge(Stage::Payment, 1);
  run_until([&] { return delivered(Stage::Payment, 1) >= 2; });
}

TEST_P(WorkQueueContract, DeliversADelayedNudgeNotBeforeItsTime) {
  start();
  const auto begun = std::chrono::steady_clock::now();
  nudge(Stage::Inventory, 1, 50ms);
  nudge(Stage::Inventory, 2);
  run_until([&] { return delivered(Stage::Inventory, 2) > 0; });
  run_until([&] { return delivered(Stage::Inventory, 1) > 0; });
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
}

TEST_P(WorkQueueContract, RedeliversANudgeWhoseWorkFailed) {
  harness_->failures = 2;
  start();
  nudge(Stage::Fulfillment, 1);
  run_until([&] { return delivered(Stage::Fulfillment, 1) >= 3; });
}

TEST_P(WorkQueueContract, CountsWhatWaitsByStage) {
  for (std::uint32_t i = 0; i < 5; ++i) nudge(Stage::Inventory, i);
  nudge(Stage::Fulfillment, 9, 1h);
  std::vector<QueueDepth> before = depths();
  ASSERT_EQ(before.size(), static_cast<std::size_t>(kStageCount));
  for (int i = 0; i < kStageCount; ++i) EXPECT_EQ(before[i].stage, static_cast<Stage>(i));
  EXPECT_EQ(before[0].ready, 0);
  EXPECT_EQ(before[1].ready, 5);
  EXPECT_EQ(before[2].ready, 0);
  EXPECT_EQ(before[2].delayed, 1);
  start();
  run_until([&] {
    const QueueDepth inventory = depths()[1];
    return inventory.ready == 0 && inventory.in_flight == 0;
  });
  EXPECT_EQ(depths()[2].delayed, 1);
  EXPECT_EQ(depths()[1].oldest_age.value_or(0ms), 0ms);
  EXPECT_EQ(depths()[1].dead_letters, 0);
}

}  // namespace
}  // namespace orderflow
