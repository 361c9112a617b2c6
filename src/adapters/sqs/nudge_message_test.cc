#include "adapters/sqs/nudge_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace orderflow::sqs {
namespace {

constexpr std::string_view kId = "019ac0de-0000-7000-8000-000000000001";

/// Why a body is refused.
std::string refusal(std::string_view body) {
  const auto read = read_message(body);
  if (read) return "it is taken";
  EXPECT_EQ(read.error().code, ErrorCode::InvalidInput);
  return read.error().detail;
}

TEST(MessageTest, IsWrittenAsTheHeaderSays) {
  EXPECT_EQ(write_message({.stage = Stage::Payment, .order = *OrderId::parse(kId)}),
            R"({"v":1,"stage":"payment","orderId":"019ac0de-0000-7000-8000-000000000001"})");
}

TEST(MessageTest, ReadsBackAsWrittenForEveryStage) {
  for (int i = 0; i < kStageCount; ++i) {
    const NudgeMessage message = {.stage = static_cast<Stage>(i), .order = *OrderId::parse(kId)};
    const auto read = read_message(write_message(message));
    ASSERT_TRUE(read.has_value()) << read.error().detail;
    EXPECT_EQ(*read, message);
  }
}

TEST(MessageTest, MayHoldMembersOfALaterVersion) {
  EXPECT_TRUE(read_message(R"({"v":1,"stage":"inventory","trace":{"a":[1]},)"
                           R"("orderId":"019ac0de-0000-7000-8000-000000000001"})")
                  .has_value());
}

TEST(MessageTest, IsRefusedWithAReasonIfOfAnotherVersionOrShape) {
  const std::array<std::pair<std::string_view, std::string_view>, 15> cases = {{
      {"", "is not JSON"},
      {"hello", "is not JSON"},
      {R"({"v":1,"stage":"payment")", "is not JSON"},
      {R"({"v":1} trailing)", "is not JSON"},
      {"[]", "is not an object"},
      {R"("payment")", "is not an object"},
      {"{}", "has no version"},
      {R"({"v":2,"stage":"payment","orderId":"x"})", "version that this program"},
      {R"({"v":"1","stage":"payment","orderId":"x"})", "version that this program"},
      {R"({"v":1.5})", "version that this program"},
      {R"({"v":1,"orderId":"019ac0de-0000-7000-8000-000000000001"})", "has no stage"},
      {R"({"v":1,"stage":"shipping","orderId":"x"})", "stage that this program"},
      {R"({"v":1,"stage":"payment"})", "has no orderId"},
      {R"({"v":1,"stage":"payment","orderId":7})", "has no orderId"},
      {R"({"v":1,"stage":"payment","orderId":"019ac0de"})", "no UUID"},
  }};
  for (const auto& [body, reason] : cases) {
    EXPECT_THAT(refusal(body), testing::HasSubstr(reason)) << body;
  }
}

TEST(MessageTest, IsNeverQuotedInTheError) {
  EXPECT_THAT(refusal(R"({"v":1,"stage":"secret@example.com"})"),
              testing::Not(testing::HasSubstr("secret")));
}

}  // namespace
}  // namespace orderflow::sqs
