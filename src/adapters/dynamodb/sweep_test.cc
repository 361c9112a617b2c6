#include "adapters/dynamodb/sweep.h"

#include <gtest/gtest.h>

#include "adapters/dynamodb/order_item.h"
#include "order/rules/transitions.h"
#include "support/orders.h"
#include "support/scripted_dynamodb.h"

namespace orderflow::dynamodb {
namespace {

using namespace std::chrono_literals;

class Sweep : public testing::Test {
 protected:
  void then_places(const std::string& soon, const std::string& late) {
    db.then(R"({"Item":{"soon":{"S":")" + soon + R"("},"late":{"S":")" + late + R"("}}})");
  }
  void then_index(const std::vector<Order>& orders, bool more = false) {
    std::string items;
    for (const Order& order : orders) {
      items += (items.empty() ? R"({"sort":{"S":")" : R"(,{"sort":{"S":")");
      items += sort_of(*order.body) + R"("}})";
    }
    db.then("{\"Items\":[" + items + "]" + (more ? R"(,"LastEvaluatedKey":{}})" : "}"));
  }
  void then_table(const std::vector<Order>& orders) {
    std::string items;
    for (const Order& order : orders) {
      if (!items.empty()) items += ',';
      JsonWriter out(items);
      write_item(out, order_item(order, {}, "token"));
    }
    db.then(R"({"Responses":{"orders":[)" + items + "]}}");
  }
  std::vector<OrderPtr> sweep(Timestamp now, std::size_t wanted = 100) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    auto found =
        db.run(dynamodb::sweep(db.client(), {"orders", now, now, wanted}, deadline)).value();
    unreadable = std::move(found.unreadable);
    return std::move(found.orders);
  }
  /// What the last request writes, and where.
  std::string last_written() {
    const auto& body = db.requests().back().body;
    return std::string(body.at("UpdateExpression").as_string()) + " " +
           std::string(body.at("ExpressionAttributeValues").at(":0").at("S").as_string());
  }

  ScriptedDynamoDb db;
  std::vector<OrderId> unreadable;  ///< of the last sweep
  const Order waiting = *received(0);
  const Order other = *received(1);
  const Order declined = *legal(authorization_declined(*received(2), 1, "", kStart)).next;
  const Order parked_order =
      *legal(parked(*received(3), Actor::PaymentProcessor, 1, "no answer", kStart)).next;
  const std::string begin = sort_at(kStart);
};

TEST_F(Sweep, ListsLateOrdersAndStoresItsPlace) {
  then_places(begin, begin);
  then_index({waiting, declined, parked_order});
  then_table({waiting, declined, parked_order});
  db.then("{}").then("{}");
  const auto found = sweep(kStart + 1min);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->id(), waiting.id());
  const auto& mark = db.requests()[3].body;
  EXPECT_EQ(mark.at("UpdateExpression"), "SET #listed=:0");
  EXPECT_EQ(mark.at("ExpressionAttributeValues").at(":0").at("S"), "open#0");
  EXPECT_EQ(mark.at("ConditionExpression"), "#version=:1");
  EXPECT_EQ(last_written(), "SET #soon=:0 " + sort_at(kStart + 50s + 1ms));
}

TEST_F(Sweep, StaysBeforeAnOrderThatAnotherProcessChanges) {
  then_places(begin, begin);
  then_index({waiting, other});
  then_table({other, waiting});
  db.then("{}").then_error("ConditionalCheckFailedException").then("{}");
  EXPECT_EQ(sweep(kStart + 1min).size(), 1u);
  EXPECT_EQ(last_written(), "SET #soon=:0 " + sort_of(*other.body));
}

TEST_F(Sweep, LooksASecondTimeAnHourLater) {
  then_places(sort_at(kStart + 2h), begin);
  then_index({waiting});
  then_table({waiting});
  db.then("{}").then("{}");
  EXPECT_EQ(sweep(kStart + 2h).size(), 1u) << "its entry in the index came late";
  EXPECT_EQ(last_written(), "SET #late=:0 " + sort_at(kStart + 1h + 1ms));
}

TEST_F(Sweep, StopsWhenItHasFoundEnoughAndContinuesFromThere) {
  then_places(begin, begin);
  then_index({waiting}, true);
  then_table({waiting});
  db.then("{}").then("{}");
  EXPECT_EQ(sweep(kStart + 1min, 1).size(), 1u);
  const std::string place = sort_of(*waiting.body) + "!";
  EXPECT_EQ(last_written(), "SET #soon=:0 " + place);
  EXPECT_LT(place, sort_of(*other.body));
}

TEST_F(Sweep, ListsAndReportsWhatCannotBeReadAndGoesOn) {
  then_places(begin, begin);
  then_index({waiting, other});
  Attributes newer = order_item(other, {}, "token");
  for (auto& [name, value] : newer) {
    if (name == "v") value = std::int64_t{2};
  }
  std::string table;
  JsonWriter first(table);
  write_item(first, newer);
  table += ',';
  JsonWriter second(table);
  write_item(second, order_item(waiting, {}, "token"));
  db.then(R"({"Responses":{"orders":[)" + table + "]}}");
  db.then("{}").then("{}").then("{}");
  const auto found = sweep(kStart + 1min);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->id(), waiting.id());
  EXPECT_EQ(unreadable, std::vector{other.id()});
  const auto& listed = db.requests()[3].body;
  EXPECT_EQ(listed.at("Key").at("id").at("S").as_string(), other.id().to_string());
  EXPECT_EQ(listed.at("UpdateExpression"), "SET #listed=:0");
  EXPECT_EQ(last_written(), "SET #soon=:0 " + sort_at(kStart + 50s + 1ms));
}

TEST_F(Sweep, LooksAtNothingAgainRightAfterwards) {
  then_places(sort_at(kStart + 50s + 1ms), sort_at(kStart));
  EXPECT_TRUE(sweep(kStart + 1min).empty());
}

}  // namespace
}  // namespace orderflow::dynamodb
