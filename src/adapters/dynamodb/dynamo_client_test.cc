#include "adapters/dynamodb/dynamo_client.h"

#include <gtest/gtest.h>

#include "adapters/dynamodb/reads.h"
#include "adapters/dynamodb/transaction.h"
#include "support/scripted_dynamodb.h"

namespace orderflow::dynamodb {
namespace {

class DynamoClientTest : public testing::Test {
 protected:
  Result<DynamoReply> request() {
    return db.run(db.client().request("GetItem", R"({"TableName":"t"})", db.client().deadline()));
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
  const std::pair<const char*, ErrorCode> cases[] = {
      {"ValidationException", ErrorCode::Refused},
      {"ResourceNotFoundException", ErrorCode::Unavailable},
      {"AccessDeniedException", ErrorCode::Unavailable},
      {"", ErrorCode::Unavailable}};
  for (const auto& [name, code] : cases) {
    if (*name != '\0') {
      db.then_error(name, R"({"message":"secret"})");
    } else {
      db.then("secret, and no JSON");
    }
    const auto reply = request();
    ASSERT_FALSE(reply.has_value()) << name;
    EXPECT_EQ(reply.error().code, code) << name;
    EXPECT_FALSE(reply.error().detail.contains("secret")) << reply.error().detail;
  }
}

TEST_F(DynamoClientTest, GivesUpWhereTheDeadlineWouldPass) {
  db.client().set_patience(std::chrono::milliseconds(0));
  then_cancelled(R"({"Code":"TransactionConflict"},{"Code":"None"})");
  EXPECT_EQ(transact().error().code, ErrorCode::Throttled);
}

TEST_F(DynamoClientTest, ATransactionThatMeetsAnotherIsRepeatedUnderItsToken) {
  then_cancelled(R"({"Code":"None"},{"Code":"TransactionConflict"})");
  then_cancelled(R"({"Code":"ThrottlingError"},{"Code":"None"})");
  db.then("{}");
  EXPECT_TRUE(transact()->done);
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
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->done);
  EXPECT_FALSE(outcome->first_refused);
  EXPECT_FALSE(outcome->first_item.has_value());
}

TEST_F(DynamoClientTest, WhileTheFirstPartIsBusyFailedConditionsDoNotCount) {
  then_cancelled(R"({"Code":"TransactionConflict"},{"Code":"ConditionalCheckFailed"})");
  then_cancelled(R"({"Code":"ConditionalCheckFailed","Item":{"w":{"S":"x"}}},{"Code":"None"})");
  const auto outcome = transact();
  EXPECT_TRUE(outcome->first_refused);
  EXPECT_EQ(outcome->first_item->text("w"), "x");
}

TEST_F(DynamoClientTest, ATransactionThatIsNotValidIsAnError) {
  then_cancelled(R"({"Code":"ValidationError","Message":"secret"})");
  const auto outcome = transact();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::Refused);
}

TEST_F(DynamoClientTest, ABatchReadsAHundredKeysAtATimeAndRepeatsUnprocessedOnes) {
  std::vector<Attributes> keys;
  for (int i = 0; i < 101; ++i) keys.push_back({{"id", std::to_string(i)}});
  db.then(R"({"Responses":{"t":[{"id":{"S":"0"}}]},
              "UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[{"id":{"S":"7"}}]}}})");
  db.then(R"({"Responses":{"t":[{"id":{"S":"7"}}]},"UnprocessedKeys":{}})");
  db.then(R"({"Responses":{"t":[]}})");
  const auto items = db.run(get_items(db.client(), "t", std::move(keys), db.client().deadline()));
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ(items->at(1).text("id"), "7");
  const auto asked = [&](std::size_t request) {
    const auto& table = db.requests()[request].body.at("RequestItems").at("t");
    EXPECT_TRUE(table.at("ConsistentRead").as_bool());
    return table.at("Keys").as_array().size();
  };
  EXPECT_EQ(asked(0), 100u);
  EXPECT_EQ(asked(1), 1u);
  EXPECT_EQ(asked(2), 1u);
}

TEST(WriteToken, IsNewEachTime) {
  EXPECT_EQ(new_write_token().size(), 11u);
  EXPECT_NE(new_write_token(), new_write_token());
}

}  // namespace
}  // namespace orderflow::dynamodb
