#include "audit/clock_difference.h"

#include <gmock/gmock.h>

#include "support/orders.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ClockDifference, IsNoneWithinADay) {
  const OrderBody order = body(0);
  for (const Duration off : {-24h, -1h, 0h, 24h, 87'600h}) {
    EXPECT_EQ(clock_difference(order, order.created_at + off), "");
  }
  OrderBody foreign = body(0);
  foreign.id = *OrderId::parse("ffffffff-ffff-8fff-bfff-ffffffffffff");
  EXPECT_EQ(clock_difference(foreign, kStart), "") << "only version 7 has a time";
  foreign.id = id_at(kStart - 87'600h, 1);
  EXPECT_EQ(clock_difference(foreign, kStart), "");
}

TEST(ClockDifference, NamesWhatIsAheadOfTheClock) {
  OrderBody order = body(0);
  EXPECT_THAT(clock_difference(order, kStart - 24h - 1ms), HasSubstr("its createdAt is of 2026-"));
  order.id = id_at(kStart + 24h + 1ms, 1);
  EXPECT_THAT(clock_difference(order, kStart), HasSubstr("its id is of 2026-"));
  order.id = *OrderId::parse("ffffffff-ffff-7fff-bfff-ffffffffffff");
  EXPECT_THAT(clock_difference(order, kStart), HasSubstr("its id is of 9999-12-31"));
  order.created_at = Timestamp(-1ms);
  EXPECT_THAT(clock_difference(order, kStart), HasSubstr("before 1970"));
}

}  // namespace
}  // namespace orderflow
