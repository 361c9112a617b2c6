#include "adapters/system/system_ids.h"

#include <gtest/gtest.h>

#include <set>

#include "base/uuid7.h"

namespace orderflow {
namespace {

const Timestamp kNow = *parse_rfc3339("2026-01-02T03:04:05.678Z");

TEST(SystemIds, AreVersion7WithTheTimeInFront) {
  SystemIds ids;
  const OrderId id = ids.next_order_id(kNow);
  EXPECT_EQ(id.version(), 7);
  EXPECT_EQ(id.bytes()[8] >> 6, 2) << "the variant of RFC 9562";
  EXPECT_EQ(uuid_ticks(id) >> kUuidCounterBits, static_cast<std::uint64_t>(epoch_ms(kNow)));
}

TEST(SystemIds, GrowEvenWithinAMillisecondAndWhenTheClockGoesBackALittle) {
  SystemIds ids;
  OrderId before = ids.next_order_id(kNow);
  for (int i = 0; i < 10'000; ++i) {
    const OrderId next = ids.next_order_id(kNow - Duration(i / 11));
    ASSERT_LT(before, next);
    before = next;
  }
}

TEST(SystemIds, FollowAClockThatIsSetRight) {
  SystemIds ids;
  std::set<OrderId> made{ids.next_order_id(kNow)};
  for (const Timestamp at : {kNow + std::chrono::years(10), kNow, kNow - std::chrono::hours(1)}) {
    const OrderId id = ids.next_order_id(at);
    EXPECT_EQ(uuid_time(id), at);
    EXPECT_TRUE(made.insert(id).second);
  }
}

TEST(SystemIds, HaveRandomTails) {
  SystemIds ids;
  std::set<std::array<std::uint8_t, 8>> tails;
  for (int i = 0; i < 1'000; ++i) {
    const OrderId id = ids.next_order_id(kNow);
    std::array<std::uint8_t, 8> tail;
    std::copy(id.bytes().begin() + 8, id.bytes().end(), tail.begin());
    tails.insert(tail);
  }
  EXPECT_EQ(tails.size(), 1'000U);
}

TEST(SystemIds, JitterIsInTheUnitInterval) {
  SystemIds ids;
  for (int i = 0; i < 1'000; ++i) {
    const double jitter = ids.jitter();
    ASSERT_GE(jitter, 0.0);
    ASSERT_LT(jitter, 1.0);
  }
}

}  // namespace
}  // namespace orderflow
