#include "apps/lambda/sqs_event.h"

#include <gtest/gtest.h>

namespace orderflow::lambda {
namespace {

std::string error_type(std::string_view event) {
  const auto records = read_sqs_event(event);
  return records ? "" : records.error().type;
}

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

TEST(SqsEventTest, WhatIsNoBatchOfSqsFailsAsAWhole) {
  for (const std::string_view event :
       {"", "null", "{}", "[]", R"({"Records":{}})", R"({"records":[]})", R"({"Records":[null]})",
        R"({"Records":[{"messageId":"a","eventSource":"aws:sns","body":""}]})",
        R"({"rawPath":"/orders"})"}) {
    EXPECT_EQ(error_type(event), "InvalidEvent") << event;
  }
}

TEST(SqsEventTest, ARecordWithoutMessageIdFailsTheBatch) {
  for (const std::string_view event :
       {R"({"Records":[{"messageId":"a","eventSource":"aws:sqs"},{"eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":"","eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":7,"eventSource":"aws:sqs"}]})"}) {
    EXPECT_EQ(error_type(event), "InvalidEvent") << event;
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
