#include "base/ids.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(OrderId, ReadsWhatItWrites) {
  const std::string text = "0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f";
  const auto id = OrderId::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), text);
  EXPECT_EQ(id->version(), 7);
  EXPECT_EQ(OrderId::parse("0198C2F0-1A2B-7C3D-8E4F-5A6B7C8D9E0F"), id);
}

TEST(OrderId, RefusesWhatIsNoUuid) {
  for (const char* text :
       {"", "0198c2f0", "0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0",
        "0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0ff", "0198c2f0x1a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "g198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f", "{198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "0198c2f01a2b7c3d8e4f5a6b7c8d9e0f0000"}) {
    EXPECT_FALSE(OrderId::parse(text)) << text;
  }
}

}  // namespace
}  // namespace orderflow
