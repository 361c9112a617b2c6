#include "adapters/aws/errors.h"

#include <gtest/gtest.h>

namespace orderflow::aws {
namespace {

HttpAnswer body(std::string text) { return {400, std::move(text), "", ""}; }

TEST(ErrorName, IsReadFromWhereverItStands) {
  const std::pair<HttpAnswer, const char*> cases[] = {
      {body(R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})"),
       "ConditionalCheckFailedException"},
      {body(R"({"__type":"ResourceNotFoundException","message":"no"})"),
       "ResourceNotFoundException"},
      {body(R"({"code":"ThrottlingException"})"), "ThrottlingException"},
      {body(R"({"Code":"AccessDenied"})"), "AccessDenied"},
      {{400, "{}", "ValidationException:http://internal.amazon.com/coral/", ""},
       "ValidationException"},
      {{400, "{}", "", "AWS.SimpleQueueService.NonExistentQueue;Sender"},
       "AWS.SimpleQueueService.NonExistentQueue"},
      {body("<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Sender</Type>"
            "<Code>RequestThrottled</Code></Error></ErrorResponse>"),
       "RequestThrottled"}};
  for (const auto& [answer, name] : cases) EXPECT_EQ(error_name(answer), name) << answer.body;
}

TEST(ErrorName, TheBodyWinsOverTheHeaders) {
  const HttpAnswer answer{400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})", "",
                          "AWS.SimpleQueueService.NonExistentQueue;Sender"};
  EXPECT_EQ(error_name(answer), "QueueDoesNotExist");
}

TEST(ErrorName, IsEmptyWhereThereIsNone) {
  for (const char* text : {"", "{}", "[]", "null", "<html>", "<Code>", R"({"__type":7})",
                           R"({"code":{"a":1}})", "{\"__type\":", R"({"__type":"a#"})"}) {
    EXPECT_EQ(error_name(body(text)), "") << text;
  }
  EXPECT_EQ(error_name({200, R"({"code":"NotAnError"})", "", ""}), "");
}

TEST(Classify, ThrottlingByNameOrStatus) {
  for (const char* name :
       {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
        "RequestThrottled", "KmsThrottled", "KMS.ThrottlingException"}) {
    EXPECT_EQ(classify(400, name), Verdict::Throttled) << name;
  }
  EXPECT_EQ(classify(429, ""), Verdict::Throttled);
  EXPECT_EQ(classify(503, "ThrottlingException"), Verdict::Throttled);
}

TEST(Classify, WhatMayPass) {
  for (const int status : {500, 502, 503, 504}) EXPECT_EQ(classify(status, ""), Verdict::Broken);
  for (const char* name : {"InternalServerError", "TransactionInProgressException",
                           "TransactionConflictException", "RequestTimeout"}) {
    EXPECT_EQ(classify(400, name), Verdict::Broken) << name;
  }
}

TEST(Classify, WhatStays) {
  for (const char* name :
       {"ConditionalCheckFailedException", "TransactionCanceledException", "ValidationException",
        "ResourceNotFoundException", "AccessDeniedException", "QueueDoesNotExist",
        "IdempotentParameterMismatchException", "OverLimit", ""}) {
    EXPECT_EQ(classify(400, name), Verdict::Final) << name;
  }
  EXPECT_EQ(classify(200, ""), Verdict::Final);
  EXPECT_EQ(classify(404, ""), Verdict::Final);
}

}  // namespace
}  // namespace orderflow::aws
