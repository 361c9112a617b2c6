#include "adapters/sqlite/orders/recent_orders.h"

#include <gtest/gtest.h>

#include "order/rules/transitions.h"
#include "support/orders.h"

namespace orderflow::sqlite {
namespace {

class RecentOrdersTest : public testing::Test {
 protected:
  const OrderPtr first_ = received(1);
  const OrderPtr second_ = authorized(*first_, 1, kStart)->next;
  const OrderPtr third_ = stock_reserved(*second_, {}, kStart)->next;
  RecentOrders recent_;
};

TEST_F(RecentOrdersTest, KnowsWhatIsOnDiskAndWhatIsOnItsWay) {
  EXPECT_EQ(recent_.find(first_->id()), nullptr);
  recent_.store_durable(first_);
  recent_.store_latest(second_);
  EXPECT_EQ(recent_.find(first_->id())->latest, second_);
  EXPECT_EQ(recent_.find(first_->id())->durable, first_);
  recent_.store_durable(second_);
  EXPECT_EQ(recent_.find(first_->id())->durable, second_);
}

TEST_F(RecentOrdersTest, ALateNewsOfAnOlderStateChangesNothing) {
  recent_.store_durable(third_);
  recent_.store_durable(first_);
  recent_.store_latest(second_);
  EXPECT_EQ(recent_.find(first_->id())->latest, third_);
  EXPECT_EQ(recent_.find(first_->id())->durable, third_);
}

TEST_F(RecentOrdersTest, ForgetsWhatDidNotGetToTheDisk) {
  recent_.store_durable(first_);
  recent_.store_latest(second_);
  recent_.forget(second_);
  EXPECT_EQ(recent_.find(first_->id()), nullptr);
}

TEST_F(RecentOrdersTest, ForgetsWhatARefusedChangeWasBuiltUpon) {
  recent_.store_durable(second_);
  recent_.forget(third_);
  EXPECT_EQ(recent_.find(first_->id()), nullptr);
}

TEST_F(RecentOrdersTest, KeepsALaterStateThanTheOneThatFailed) {
  recent_.store_latest(third_);
  recent_.forget(second_);
  EXPECT_EQ(recent_.find(first_->id())->latest, third_);
}

TEST_F(RecentOrdersTest, DropsTheOneLongestUnused) {
  constexpr std::uint32_t kMany = 20'000;
  recent_.store_durable(received(0));
  for (std::uint32_t i = 1; i < kMany; ++i) {
    recent_.store_durable(received(i));
    ASSERT_NE(recent_.find(received(0)->id()), nullptr) << i;
  }
  EXPECT_EQ(recent_.find(received(1)->id()), nullptr);
  EXPECT_NE(recent_.find(received(kMany - 1)->id()), nullptr);
}

TEST_F(RecentOrdersTest, ReadsAloneTakeNoMemory) {
  constexpr std::uint32_t kHeld = 16'384;
  for (std::uint32_t i = 0; i < kHeld; ++i) recent_.store_durable(received(i));
  for (std::uint32_t i = 0; i < 5 * kHeld; ++i) (void)recent_.find(received(i % kHeld)->id());
  EXPECT_LE(recent_.ages(), 2 * kHeld);
}

TEST_F(RecentOrdersTest, KeepsAllThatItHoldsWhileTheyAreUsedAndNoneComes) {
  constexpr std::uint32_t kHeld = 16'384;
  for (std::uint32_t i = 0; i < kHeld; ++i) recent_.store_durable(received(i));
  for (std::uint32_t i = 0; i < 5 * kHeld; ++i) {
    ASSERT_NE(recent_.find(received(i * 7 % kHeld)->id()), nullptr) << i;
  }
}

TEST_F(RecentOrdersTest, AnOrderThatComesBackIsNoOlderThanTheOthers) {
  constexpr std::uint32_t kHeld = 16'384;
  recent_.store_durable(received(0));
  recent_.forget(received(0));
  for (std::uint32_t i = 1; i < kHeld; ++i) recent_.store_durable(received(i));
  recent_.store_durable(received(0));
  for (std::uint32_t i = kHeld; i < kHeld + 10; ++i) recent_.store_durable(received(i));
  EXPECT_NE(recent_.find(received(0)->id()), nullptr);
  EXPECT_EQ(recent_.find(received(1)->id()), nullptr);
}

OrderPtr large(std::uint32_t i) {
  OrderBody order = body(i);
  order.lines.assign(100, order.lines.front());
  for (Line& line : order.lines) line.name.assign(1'000, 'x');
  return received(std::move(order));
}

TEST_F(RecentOrdersTest, LargeOrdersTakeNoMoreThanTheirBytes) {
  RecentOrders recent(1'000'000);
  for (std::uint32_t i = 0; i < 100; ++i) recent.store_durable(large(i));
  int held = 0;
  for (std::uint32_t i = 0; i < 100; ++i) held += recent.find(large(i)->id()) != nullptr ? 1 : 0;
  EXPECT_EQ(held, 9);  // of 108 KB
  EXPECT_NE(recent.find(large(99)->id()), nullptr);
  for (std::uint32_t i = 92; i < 100; ++i) recent.forget(large(i));
  for (std::uint32_t i = 100; i < 108; ++i) recent.store_durable(large(i));
  for (std::uint32_t i = 100; i < 108; ++i) EXPECT_NE(recent.find(large(i)->id()), nullptr) << i;
}

TEST_F(RecentOrdersTest, WhatIsOnItsWayToTheDiskStays) {
  RecentOrders recent(1'000'000);
  for (std::uint32_t i = 0; i < 100; ++i) recent.store_latest(large(i));
  for (std::uint32_t i = 0; i < 100; ++i) ASSERT_NE(recent.find(large(i)->id()), nullptr) << i;
  for (std::uint32_t i = 0; i < 100; ++i) recent.store_durable(recent.find(large(i)->id())->latest);
  EXPECT_EQ(recent.find(large(0)->id()), nullptr);
  EXPECT_NE(recent.find(large(99)->id()), nullptr);
}

}  // namespace
}  // namespace orderflow::sqlite
