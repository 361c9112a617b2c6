#include "apps/lambda/sqs_event.h"

#include <gtest/gtest.h>

namespace orderflow::lambda {
namespace {

TEST(SqsEventTest, ReadsRecords) {
  const auto records = read_sqs_event(R"({"Records":[
      {"messageId":"m-1","receiptHandle":"h","body":"one","attributes":{},"messageAttributes":{},
       "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:payment"},
      {"messageId":"m-2","eventSource":"aws:sqs"}]})");
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].message_id, "m-1");
  EXPECT_EQ((*records)[0].body, "one");
  EXPECT_EQ((*records)[1].body, "");
  EXPECT_TRUE(read_sqs_event(R"({"Records":[]})")->empty());
}

TEST(SqsEventTest, WhatIsNoBatchOrHasARecordWithoutMessageIdFailsAsAWhole) {
  for (const std::string_view event :
       {"", "null", "{}", "[]", R"({"Records":{}})", R"({"records":[]})", R"({"Records":[null]})",
        R"({"Records":[{"messageId":"a","eventSource":"aws:sns","body":""}]})",
        R"({"rawPath":"/orders"})",
        R"({"Records":[{"messageId":"a","eventSource":"aws:sqs"},{"eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":"","eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":7,"eventSource":"aws:sqs"}]})"}) {
    const auto records = read_sqs_event(event);
    ASSERT_FALSE(records) << event;
    EXPECT_EQ(records.error().type, "InvalidEvent") << event;
  }
}

TEST(SqsEventTest, AnswersWithTheFailures) {
  const std::vector<std::string> failed{"a", "b"};
  EXPECT_EQ(batch_response(failed),
            R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]})");
  EXPECT_EQ(batch_response({}), R"({"batchItemFailures":[]})");
}

}  // namespace
}  // namespace orderflow::lambda
