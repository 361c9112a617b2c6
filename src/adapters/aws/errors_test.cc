#include "adapters/aws/errors.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

HttpAnswer body(std::string text) { return {400, std::move(text), {}}; }

TEST(ErrorName, IsReadFromTheBodyOrAHeader) {
  const std::pair<HttpAnswer, const char*> cases[] = {
      {body(R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})"),
       "ConditionalCheckFailedException"},
      {body(R"({"__type":"ResourceNotFoundException","message":"no"})"),
       "ResourceNotFoundException"},
      {body(R"({"code":"ThrottlingException"})"), "ThrottlingException"},
      {body(R"({"Code":"AccessDenied"})"), "AccessDenied"},
      {{400, "{}", {{"x-amzn-ErrorType", "ValidationException:http://internal.amazon.com/coral/"}}},
       "ValidationException"},
      {{400, "{}", {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}}},
       "AWS.SimpleQueueService.NonExistentQueue"},
      {body("<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Sender</Type>"
            "<Code>RequestThrottled</Code></Error></ErrorResponse>"),
       "RequestThrottled"}};
  for (const auto& [answer, name] : cases) EXPECT_EQ(aws_error_name(answer), name) << answer.body;
}

TEST(ErrorName, IsTheBodysBeforeTheHeaders) {
  const HttpAnswer answer{
      400,
      R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})",
      {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}}};
  EXPECT_EQ(aws_error_name(answer), "QueueDoesNotExist");
}

TEST(ErrorName, IsEmptyWhereThereIsNone) {
  for (const char* text : {"", "{}", "[]", "null", "<html>", "<Code>", R"({"__type":7})",
                           R"({"code":{"a":1}})", "{\"__type\":", R"({"__type":"a#"})"}) {
    EXPECT_EQ(aws_error_name(body(text)), "") << text;
  }
  EXPECT_EQ(aws_error_name({200, R"({"code":"NotAnError"})", {}}), "");
}

TEST(Classify, ThrottlingByNameOrStatus) {
  for (const char* name :
       {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
        "RequestThrottled", "KmsThrottled", "KMS.ThrottlingException"}) {
    EXPECT_EQ(classify_aws_error(400, name), AwsVerdict::Throttled) << name;
  }
  EXPECT_EQ(classify_aws_error(429, ""), AwsVerdict::Throttled);
  EXPECT_EQ(classify_aws_error(503, "ThrottlingException"), AwsVerdict::Throttled);
}

TEST(Classify, WhatMaySucceedLater) {
  for (const int status : {500, 502, 503, 504})
    EXPECT_EQ(classify_aws_error(status, ""), AwsVerdict::Broken);
  for (const char* name : {"InternalServerError", "TransactionInProgressException",
                           "TransactionConflictException", "RequestTimeout"}) {
    EXPECT_EQ(classify_aws_error(400, name), AwsVerdict::Broken) << name;
  }
}

TEST(Classify, WhatTheSameRequestWouldMeetAgain) {
  for (const char* name :
       {"ConditionalCheckFailedException", "TransactionCanceledException", "ValidationException",
        "ResourceNotFoundException", "AccessDeniedException", "QueueDoesNotExist",
        "IdempotentParameterMismatchException", "OverLimit", ""}) {
    EXPECT_EQ(classify_aws_error(400, name), AwsVerdict::Final) << name;
  }
  EXPECT_EQ(classify_aws_error(200, ""), AwsVerdict::Final);
  EXPECT_EQ(classify_aws_error(404, ""), AwsVerdict::Final);
}

}  // namespace
}  // namespace orderflow
