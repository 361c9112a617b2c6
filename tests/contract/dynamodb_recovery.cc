// What order-recovery needs of the order store on DynamoDB, whatever customers have sent: no answer grows
// with the size of their orders, and no order keeps the others from being found.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/update.h"
#include "contract/dynamodb_tables.h"
#include "order/rules/transitions.h"
#include "support/orders.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kLargest = 100;
constexpr std::uint32_t kAll = kLargest + 40;
/// A function has 128 MB, and what it parses is in memory twice.
constexpr std::size_t kAnswerBytesMax = 10'000'000;

class DynamoRecovery : public testing::Test {
 protected:
  DynamoRecovery() {
    client.set_patience(60s);
    orders.notify_unreadable([this](const OrderId& id) { unreadable.push_back(id); });
  }

  Task<Result<AwsAnswer>> send(std::string operation, std::string body, Deadline deadline) {
    auto answer = co_await tables.client().call(
        AwsService::DynamoDb, "DynamoDB_20120810." + operation, std::move(body), deadline);
    if (answer) answer_bytes_max = std::max(answer_bytes_max, answer->body.size());
    co_return answer;
  }
  void create(OrderPtr order) {
    ASSERT_TRUE(run(io, orders.create(std::move(order), {})).has_value());
  }
  /// A hundred of the largest orders that are accepted, and small ones between and behind them.
  void create_all() {
    for (std::uint32_t i = 0; i < kAll; ++i) {
      const bool large = i % 5 != 0 && i < kLargest * 5 / 4;
      create(large ? largest_order(i) : received(i));
    }
    answer_bytes_max = 0;
  }
  std::vector<OverdueOrder> overdue(Timestamp at, std::int64_t limit) {
    auto found = run(io, orders.overdue(at, limit));
    EXPECT_TRUE(found.has_value()) << found.error().detail;
    return found ? *found : std::vector<OverdueOrder>();
  }
  /// Makes an item one that this version cannot read: `attribute` is what a later one may have written.
  void damage(std::uint32_t number, std::string_view attribute, const dynamodb::Value& value) {
    dynamodb::Update update(orders_table, {{"id", body(number).id.to_string()}});
    update.set(attribute, value);
    const auto deadline = client.deadline();
    ASSERT_TRUE(run(io, client.request("UpdateItem", update.request(), deadline)).has_value());
  }

  boost::asio::io_context io{1};
  Tables tables{io};
  std::string orders_table = tables.make("orders");
  DynamoClient client{[this](std::string_view operation, std::string body, Deadline deadline) {
    return send(std::string(operation), std::move(body), deadline);
  }};
  DynamoOrderStore orders{client, {orders_table, tables.make("products"), "an id key"}};
  std::vector<OrderId> unreadable;
  std::size_t answer_bytes_max = 0;
};

TEST_F(DynamoRecovery, GetsPastAHundredOfTheLargestOrders) {
  create_all();
  const auto found = overdue(kStart + 5min, 1'000);
  ASSERT_EQ(found.size(), kAll);
  for (std::uint32_t i = 0; i < kAll; ++i) EXPECT_EQ(found[i].id, body(i).id) << "longest first";
  EXPECT_LT(answer_bytes_max, 100'000u) << "a body was read";
  // Hours later each is read whole, since it was nudged in vain.
  EXPECT_EQ(overdue(kStart + 5h, 1'000).size(), kAll);
  EXPECT_LT(answer_bytes_max, kAnswerBytesMax);
  EXPECT_TRUE(unreadable.empty());
}

TEST_F(DynamoRecovery, ListsAndParksAHundredOfTheLargestOrders) {
  create_all();
  std::size_t listed = 0;
  OrderQuery query{.status = Status::Pending, .limit = 200};
  do {
    const auto page = run(io, orders.list(query));
    ASSERT_TRUE(page.has_value()) << page.error().detail;
    listed += page->orders.size();
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  EXPECT_EQ(listed, kAll);
  EXPECT_LT(answer_bytes_max, kAnswerBytesMax);
  for (std::uint32_t i = 0; i < kAll; ++i) {
    const auto order = *run(io, orders.load(body(i).id, View::Latest));
    Transition stuck = legal(parked(*order, Actor::PaymentProcessor, 1, "no answer", kStart));
    ASSERT_EQ(*run(io, orders.commit(1, std::move(stuck))), CommitOutcome::Committed);
  }
  answer_bytes_max = 0;
  EXPECT_EQ(run(io, orders.parked(1'000, ""))->orders.size(), kAll);
  EXPECT_LT(answer_bytes_max, 100'000u) << "a body was read";
}

TEST_F(DynamoRecovery, GoesOnBehindTheOrdersThatAreOverdueForEver) {
  for (std::uint32_t i = 0; i < 50; ++i) create(received(i));
  std::set<OrderId> found;
  for (int run = 0; run < 5; ++run) {
    for (const OverdueOrder& order : overdue(kStart + 5min, 10)) found.insert(order.id);
    EXPECT_EQ(found.size(), 10u * static_cast<std::size_t>(run + 1)) << "none comes twice";
  }
  EXPECT_EQ(overdue(kStart + 5min, 10).front().id, body(0).id) << "and begins anew";
}

TEST_F(DynamoRecovery, ReportsWhatDoesNotReadAndFindsTheOthers) {
  for (std::uint32_t i = 0; i < 4; ++i) create(received(i));
  damage(1, "v", std::int64_t{2});
  damage(2, "body", std::string("{}"));
  EXPECT_EQ(overdue(kStart + 5min, 100).size(), 3u);
  EXPECT_EQ(unreadable, std::vector{body(1).id});
  unreadable.clear();
  EXPECT_EQ(overdue(kStart + 5h, 100).size(), 2u) << "each nudge of it would be a dead letter";
  EXPECT_EQ(unreadable, (std::vector{body(1).id, body(2).id}));
}

TEST_F(DynamoRecovery, FindsAStepThatWasPutOffWhenItIsDue) {
  Order order = *received(0);
  create(received(0));
  const auto commit = [&](const Decision& decision) {
    Transition transition = legal(decision);
    const std::uint32_t version = order.version();
    order = *transition.next;
    ASSERT_EQ(*run(io, orders.commit(version, std::move(transition))), CommitOutcome::Committed);
  };
  commit(deferred(order, Actor::PaymentProcessor, 1, "?", 0.5, kStart + 1h));
  const Timestamp due_at = *order.state.due_at;
  EXPECT_TRUE(overdue(due_at - 1ms, 10).empty());
  EXPECT_EQ(overdue(due_at, 10).size(), 1u);
  commit(authorized(order, 1, kStart + 1h + 1ms));
  EXPECT_EQ(overdue(kStart + 1h + 1ms, 10).size(), 1u) << "earlier than the step before it was";
}

}  // namespace
}  // namespace orderflow
