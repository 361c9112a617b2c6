// What only a DynamoDB with bad luck shows. The rest is in tests/contract.

#include "adapters/dynamodb/order_store.h"

#include <gtest/gtest.h>

#include "adapters/dynamodb/order_item.h"
#include "order/rules/transitions.h"
#include "support/orders.h"
#include "support/scripted_dynamodb.h"

namespace orderflow {
namespace {

using dynamodb::ScriptedDynamoDb;

/// The token that a request writes, wherever it stands.
std::string token_in(const boost::json::object& body) {
  if (const auto* item = body.if_contains("Item")) {
    return std::string(item->at("w").at("S").as_string());
  }
  if (const auto* parts = body.if_contains("TransactItems")) {
    return token_in(parts->at(0).at("Update").as_object());
  }
  const std::string set(body.at("UpdateExpression").as_string());
  const std::size_t at = set.find("#w=") + 3;
  const std::string alias = set.substr(at, set.find_first_of(", ", at) - at);
  return std::string(body.at("ExpressionAttributeValues").at(alias).at("S").as_string());
}

std::string item_of(const Order& order, const std::string& token) {
  std::string text;
  JsonWriter out(text);
  write_item(out, dynamodb::order_item(order, {}, token));
  return text;
}

class DynamoOrderStoreTest : public testing::Test {
 protected:
  /// The condition fails, on `stored` as it was written under `token` or, where none is given,
  /// under that of the request: its answer was lost and it was sent again. `before` and `after` stand
  /// around the item in the answer.
  void then_refused(const Order& stored, std::string token = "", std::string before = R"({"Item":)",
                    std::string after = "}",
                    std::string error = "ConditionalCheckFailedException") {
    db.then([=](const ScriptedDynamoDb::Request& request) {
      const std::string item = item_of(stored, token.empty() ? token_in(request.body) : token);
      return AwsAnswer{400, before + item + after, error};
    });
  }
  void then_cancelled(const Order& stored, std::string token = "") {
    then_refused(stored, token,
                 R"({"CancellationReasons":[{"Code":"ConditionalCheckFailed","Item":)",
                 R"(},{"Code":"ConditionalCheckFailed"}]})", "TransactionCanceledException");
  }

  ScriptedDynamoDb db;
  DynamoOrderStore store{db.client(), {"orders", "products", "id key"}};
  OrderPtr order = received(1);
  Transition paid = legal(authorized(*order, 1, kStart));
  Transition reserved = legal(stock_reserved(*paid.next, {{"Widget", 2}}, kStart));
};

TEST_F(DynamoOrderStoreTest, CreatesOnceThoughItsAnswerWasLost) {
  then_refused(*order);
  EXPECT_EQ(db.run(store.create(order, {}))->outcome, CreateOutcome::Created);
}

TEST_F(DynamoOrderStoreTest, CommitsOnceThoughItsAnswerWasLost) {
  then_refused(*paid.next);
  EXPECT_EQ(*db.run(store.commit(1, paid)), CommitOutcome::Committed);
  then_refused(*paid.next, "of another");
  EXPECT_EQ(*db.run(store.commit(1, paid)), CommitOutcome::VersionConflict);
}

TEST_F(DynamoOrderStoreTest, MovesStockOnceThoughItsAnswerWasLost) {
  then_cancelled(*reserved.next);
  EXPECT_EQ(*db.run(store.commit(2, reserved)), CommitOutcome::Committed);
  then_cancelled(*reserved.next, "of another");
  EXPECT_EQ(*db.run(store.commit(2, reserved)), CommitOutcome::VersionConflict)
      << "though there is too little stock, too";
}

TEST_F(DynamoOrderStoreTest, MovesStockInOneTransactionAndNothingElse) {
  db.then("{}");
  EXPECT_EQ(*db.run(store.commit(2, reserved)), CommitOutcome::Committed);
  const auto& parts = db.requests()[0].body.at("TransactItems").as_array();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].at("Update").at("TableName"), "orders");
  EXPECT_EQ(parts[1].at("Update").at("TableName"), "products");
  EXPECT_EQ(parts[1].at("Update").at("UpdateExpression"),
            "SET #available=#available+:0,#reserved=#reserved+:1");
  EXPECT_EQ(parts[1].at("Update").at("ConditionExpression"), "#available>=:2");
  EXPECT_EQ(db.requests()[0].body.at("ClientRequestToken").as_string(),
            token_in(db.requests()[0].body));
}

TEST_F(DynamoOrderStoreTest, RefusesMoreSkusThanATransactionHasParts) {
  OrderBody large = body(1);
  large.lines.clear();
  for (int i = 0; i < 100; ++i) large.lines.push_back({std::to_string(i), "x", 1, 1, 1});
  const auto refused = db.run(store.create(received(large), {}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
  large.lines.pop_back();
  db.then("{}");
  EXPECT_TRUE(db.run(store.create(received(large), {})).has_value());
}

TEST_F(DynamoOrderStoreTest, IsCorruptWhereLessIsReservedThanAnOrderHolds) {
  const Transition release = legal(cancelled(*reserved.next, "", kStart));
  db.then_error("TransactionCanceledException",
                R"({"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed"}]})");
  EXPECT_EQ(db.run(store.commit(3, release)).error().code, ErrorCode::Corrupt);
}

TEST_F(DynamoOrderStoreTest, LeavesOutAnOrderWhoseIndexEntryIsOutOfDate) {
  const std::string sort = dynamodb::sort_of(*order->body);
  db.then(R"({"Items":[{"sort":{"S":")" + sort + R"("}}]})");
  for (int shard = 1; shard < dynamodb::kShards; ++shard) db.then(R"({"Items":[]})");
  db.then(R"({"Responses":{"orders":[)" + item_of(*order, "x") + "]}}");
  EXPECT_TRUE(db.run(store.parked(10, ""))->orders.empty()) << "no longer parked";
}

}  // namespace
}  // namespace orderflow
