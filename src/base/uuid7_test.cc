#include "base/uuid7.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(Uuid7, IsTicksAndTail) {
  const OrderId id = uuid7(0x0198c2f01a2bc3d, 0x8e4f5a6b7c8d9e0f);
  EXPECT_EQ(id.to_string(), "0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f");
  EXPECT_EQ(uuid_ticks(id), 0x0198c2f01a2bc3dU);
  EXPECT_EQ(uuid_tail(id), 0x8e4f5a6b7c8d9e0fU);
  const OrderId last = *OrderId::parse("ffffffff-ffff-7fff-ffff-ffffffffffff");
  EXPECT_EQ(uuid7(uuid_ticks(last), uuid_tail(last)), last);
  EXPECT_EQ(uuid7(0, random_tail(~std::uint64_t{0})).to_string(),
            "00000000-0000-7000-bfff-ffffffffffff");
}

}  // namespace
}  // namespace orderflow
