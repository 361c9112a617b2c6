#include "adapters/dynamodb/dynamo_client.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "adapters/dynamodb/batch_get.h"
#include "adapters/dynamodb/gather.h"
#include "adapters/dynamodb/transaction.h"
#include "support/scripted_dynamodb.h"

namespace orderflow::dynamodb {
namespace {

class DynamoClientTest : public testing::Test {
 protected:
  Result<DynamoReply> request() {
    return db.run(db.client().request("GetItem", R"({"TableName":"t"})", db.client().deadline()));
  }
  void expect_error(std::string error, ErrorCode code) {
    const auto reply = request();
    ASSERT_FALSE(reply.has_value()) << error;
    EXPECT_EQ(reply.error().code, code) << error;
    EXPECT_FALSE(reply.error().detail.contains("secret")) << reply.error().detail;
  }
  Result<Transacted> transact(int parts = 2) {
    Transaction transaction;
    for (int i = 0; i < parts; ++i) transaction.update("{}");
    return db.run(transaction.run(db.client(), "token", db.client().deadline()));
  }
  void then_cancelled(const std::string& reasons) {
    db.then_error("TransactionCanceledException", "{\"CancellationReasons\":[" + reasons + "]}");
  }

  ScriptedDynamoDb db;
};

TEST_F(DynamoClientTest, AFailedConditionIsAnAnswer) {
  db.then_error("ConditionalCheckFailedException", R"({"Item":{"w":{"S":"x"}}})");
  const auto reply = request();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->error, kConditionFailed);
  EXPECT_EQ(item_at(reply->body, "Item")->text("w"), "x");
}

TEST_F(DynamoClientTest, NoDeadlineIsLaterThanTheEndOfTheInvocation) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GT(db.client().deadline(), now + std::chrono::seconds(1));
  db.client().end_by(now + std::chrono::seconds(1));
  EXPECT_EQ(db.client().deadline(), now + std::chrono::seconds(1));
  db.client().end_by(now + std::chrono::hours(1));
  EXPECT_LT(db.client().deadline(), now + std::chrono::minutes(1));
}

TEST_F(DynamoClientTest, EveryOtherErrorHasItsCodeAndNothingOfTheRequest) {
  const std::string body = R"({"message":"secret"})";
  db.then_error("ProvisionedThroughputExceededException", body);
  expect_error("throughput", ErrorCode::Throttled);
  db.then_error("ThrottlingException", body);
  expect_error("throttled", ErrorCode::Throttled);
  db.then_error("ValidationException", body);
  expect_error("validation", ErrorCode::InvalidInput);
  db.then_error("ResourceNotFoundException", body);
  expect_error("no table", ErrorCode::Unavailable);
  db.then_error("AccessDeniedException", body);
  expect_error("no right", ErrorCode::Unavailable);
  db.then("secret, and no JSON");
  expect_error("no JSON", ErrorCode::Unavailable);
}

TEST_F(DynamoClientTest, TriesAgainWhileATransactionIsUnderWay) {
  db.then_error("TransactionConflictException").then_error("TransactionInProgressException");
  db.then("{}");
  EXPECT_TRUE(request().has_value());
  EXPECT_EQ(db.requests().size(), 3u);
}

TEST_F(DynamoClientTest, GivesUpWhereTheDeadlineWouldPass) {
  db.client().set_patience(std::chrono::milliseconds(0));
  db.then_error("TransactionConflictException");
  expect_error("conflict", ErrorCode::Throttled);
}

TEST_F(DynamoClientTest, AddsUpWhatRequestsCost) {
  db.client().count_units();
  db.then(R"({"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.5}})");
  ASSERT_TRUE(request().has_value());
  EXPECT_EQ(db.requests()[0].body.at("ReturnConsumedCapacity"), "TOTAL");
  db.then(R"({"ConsumedCapacity":[{"CapacityUnits":4,"WriteCapacityUnits":4},
                                  {"CapacityUnits":2,"WriteCapacityUnits":2}]})");
  ASSERT_TRUE(transact().has_value());
  EXPECT_EQ(db.client().spent().read, 1.5);
  EXPECT_EQ(db.client().spent().write, 6);
}

TEST_F(DynamoClientTest, ATransactionThatMeetsAnotherIsRepeatedUnderItsToken) {
  then_cancelled(R"({"Code":"None"},{"Code":"TransactionConflict"})");
  then_cancelled(R"({"Code":"ThrottlingError"},{"Code":"None"})");
  db.then("{}");
  EXPECT_TRUE(transact()->done());
  ASSERT_EQ(db.requests().size(), 3u);
  for (const auto& request : db.requests()) {
    EXPECT_EQ(request.operation, "TransactWriteItems");
    EXPECT_EQ(request.body.at("ClientRequestToken"), "token");
    EXPECT_EQ(request.body.at("TransactItems").as_array().size(), 2u);
  }
}

TEST_F(DynamoClientTest, AFailedConditionOfATransactionIsTheAnswer) {
  then_cancelled(R"({"Code":"None"},{"Code":"ConditionalCheckFailed"},
                    {"Code":"TransactionConflict"})");
  const auto outcome = transact(3);
  EXPECT_FALSE(outcome->done());
  EXPECT_FALSE(outcome->condition_failed(0));
  EXPECT_TRUE(outcome->condition_failed(1));
  EXPECT_FALSE(outcome->item(1).has_value());
}

TEST_F(DynamoClientTest, WhileTheFirstPartIsBusyFailedConditionsDoNotCount) {
  then_cancelled(R"({"Code":"TransactionConflict"},{"Code":"ConditionalCheckFailed"})");
  then_cancelled(R"({"Code":"ConditionalCheckFailed","Item":{"w":{"S":"x"}}},{"Code":"None"})");
  const auto outcome = transact();
  EXPECT_TRUE(outcome->condition_failed(0));
  EXPECT_EQ(outcome->item(0)->text("w"), "x");
}

TEST_F(DynamoClientTest, ATransactionThatIsNotValidIsAnError) {
  then_cancelled(R"({"Code":"ValidationError","Message":"secret"})");
  const auto outcome = transact();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::InvalidInput);
}

TEST_F(DynamoClientTest, ABatchReadsAHundredKeysAtATimeAndRepeatsUnprocessedOnes) {
  std::vector<Attributes> keys;
  for (int i = 0; i < 101; ++i) keys.push_back({{"id", std::to_string(i)}});
  db.then(R"({"Responses":{"t":[{"id":{"S":"0"}}]},
              "UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[{"id":{"S":"7"}}]}}})");
  db.then(R"({"Responses":{"t":[{"id":{"S":"7"}}]},"UnprocessedKeys":{}})");
  db.then(R"({"Responses":{"t":[]}})");
  const auto items = db.run(batch_get(db.client(), "t", std::move(keys), db.client().deadline()));
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ(DynamoItem(items->at(1)).text("id"), "7");
  const auto asked = [&](std::size_t request) {
    const auto& table = db.requests()[request].body.at("RequestItems").at("t");
    EXPECT_TRUE(table.at("ConsistentRead").as_bool());
    return table.at("Keys").as_array().size();
  };
  EXPECT_EQ(asked(0), 100u);
  EXPECT_EQ(asked(1), 1u);
  EXPECT_EQ(asked(2), 1u);
}

Task<int> number(int value) { co_return value; }

TEST_F(DynamoClientTest, GathersInTheOrderAsked) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(number(i));
  EXPECT_EQ(db.run(gather(std::move(tasks))), (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(db.run(gather(std::vector<Task<int>>())), std::vector<int>());
}

Task<int> number_after(boost::asio::steady_timer& timer) {
  (void)co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return 1;
}

TEST(Gather, WaitsForItsTasksEvenIfCancelled) {
  using boost::asio::steady_timer;
  boost::asio::io_context io{1};
  steady_timer timer(io, steady_timer::time_point::max());
  std::vector<Task<int>> tasks;
  tasks.push_back(number_after(timer));
  boost::asio::cancellation_signal cancel;
  bool ended = false;
  boost::asio::co_spawn(
      io, gather(std::move(tasks)),
      boost::asio::bind_cancellation_slot(
          cancel.slot(), [&ended](std::exception_ptr, const std::vector<int>&) { ended = true; }));
  io.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  io.poll();
  EXPECT_FALSE(ended);
  timer.cancel();
  io.poll();
  EXPECT_TRUE(ended);
}

TEST(WriteToken, IsNewEachTime) {
  EXPECT_EQ(new_write_token().size(), 11u);
  EXPECT_NE(new_write_token(), new_write_token());
}

}  // namespace
}  // namespace orderflow::dynamodb
