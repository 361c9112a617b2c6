// The units that DynamoDB counts for each operation of the adapters are those that their headers name.

#include <gtest/gtest.h>

#include "adapters/aws/aws_json.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/product_store.h"
#include "adapters/dynamodb/sandbox_books.h"
#include "contract/dynamodb_tables.h"
#include "order/rules/transitions.h"
#include "support/orders.h"
#include "support/ports.h"

namespace orderflow {
namespace {

class DynamoCosts : public testing::Test {
 protected:
  /// Sets what read() and written() return to the cost of this task.
  template <typename T>
  T run(Task<T> task) {
    read_units = write_units = 0;
    return orderflow::run(io, std::move(task));
  }
  double written() const { return write_units; }
  double read() const { return read_units; }

  /// Sends a request, asks for its cost, and adds that up.
  Task<Result<AwsAnswer>> send(std::string operation, std::string body, Deadline deadline) {
    body.back() = ',';
    body += R"("ReturnConsumedCapacity":"TOTAL"})";
    auto answer = co_await tables.client().call(
        AwsService::DynamoDb, "DynamoDB_20120810." + operation, std::move(body), deadline);
    if (!answer) co_return answer;
    const bool reads =
        operation == "GetItem" || operation == "BatchGetItem" || operation == "Query";
    // An object, or an array with one for each table.
    const auto consumed = member(parse_json(answer->body), "ConsumedCapacity");
    const boost::json::array spent =
        consumed.is_array() ? consumed.get_array() : boost::json::array{consumed};
    for (const auto& table : spent) {
      const auto& units = member(table, "CapacityUnits");
      if (units.is_number()) (reads ? read_units : write_units) += units.to_number<double>();
    }
    co_return answer;
  }

  /// Commits and gives what it has written.
  double commit(Order& order, Decision decision) {
    const std::uint32_t version = order.version();
    Transition transition = legal(decision);
    order = *transition.next;
    EXPECT_EQ(*run(orders.commit(version, std::move(transition))), CommitOutcome::Committed);
    return written();
  }

  static Transition captured_and_shipped(const Order& order) {
    const Transition capture = legal(captured(order, 1, kStart));
    return followed_by(
        capture, legal(shipped(*capture.next, 1, "SIM1234567890123456789", "simulated", kStart)));
  }

  boost::asio::io_context io{1};
  Tables tables{io};
  std::string orders_table = tables.make("orders");
  std::string products_table = tables.make("products");
  TestClock clock{kStart};
  DynamoClient client{[this](std::string_view operation, std::string body, Deadline deadline) {
    return send(std::string(operation), std::move(body), deadline);
  }};
  DynamoOrderStore orders{client, {orders_table, products_table, "an id key"}};
  DynamoProductStore products{client, clock, products_table};
  double read_units = 0;
  double write_units = 0;
};

TEST_F(DynamoCosts, ALifeMadeToOrder) {
  Order order = *received(1);
  ASSERT_TRUE(run(orders.create(received(1), {})).has_value());
  EXPECT_EQ(written(), 4);
  EXPECT_EQ(commit(order, authorized(order, 1, kStart)), 1);
  EXPECT_EQ(commit(order, stock_reserved(order, {}, kStart)), 1);
  EXPECT_EQ(commit(order, claimed(order, kStart)), 1);
  EXPECT_EQ(commit(order, captured_and_shipped(order)), 2) << "it is open no more";
  ASSERT_TRUE(run(orders.load(order.id(), View::Durable)).has_value());
  EXPECT_EQ(read(), 1);
  ASSERT_TRUE(run(orders.load(order.id(), View::Recent)).has_value());
  EXPECT_EQ(read(), 0.5);
}

TEST_F(DynamoCosts, OverdueOrders) {
  ASSERT_TRUE(run(orders.overdue(kStart, 10)).has_value());
  EXPECT_LE(read(), 4) << "of nothing";
  Order order = *received(1);
  ASSERT_TRUE(run(orders.create(received(1), {})).has_value());
  EXPECT_EQ(run(orders.overdue(kStart + std::chrono::minutes(1), 10))->size(), 1u);
  EXPECT_LE(read(), 4 + 1);
  EXPECT_EQ(written(), 0);
  EXPECT_LE(commit(order, deferred(order, Actor::PaymentProcessor, 1, "?", 0.5, kStart)), 1 + 2);
  EXPECT_LE(commit(order, authorized(order, 1, kStart + std::chrono::minutes(1))), 1 + 2);
  EXPECT_EQ(commit(order, stock_reserved(order, {}, kStart + std::chrono::minutes(1))), 1);
}

TEST_F(DynamoCosts, StockThatMovesWithAnOrder) {
  ASSERT_TRUE(run(products.put("Widget", {.name = "Widget", .price = 2999}, 5, {})).has_value());
  Order order = *received(1);
  ASSERT_TRUE(run(orders.create(received(1), {})).has_value());
  commit(order, authorized(order, 1, kStart));
  // DynamoDB Local counts every index of an item that a transaction changes, whether its keys
  // change or not: 2 * (1 + 4) for the order and 2 * (1 + 1) for the product. DynamoDB itself would
  // count 2 + 2.
  EXPECT_LE(commit(order, stock_reserved(order, {{"Widget", 2}}, kStart)), 14);
}

TEST_F(DynamoCosts, AKeyThatIsInUse) {
  const Idempotency key{};
  EXPECT_FALSE(run(orders.find(key))->has_value());
  EXPECT_LE(read(), 1);
  ASSERT_TRUE(run(orders.create(received(1), key)).has_value());
  EXPECT_EQ(written(), 4);
  EXPECT_EQ(run(orders.create(received(2), key))->outcome, CreateOutcome::Replayed);
  EXPECT_EQ(read(), 0) << "the failed condition answers what is stored";
}

TEST_F(DynamoCosts, OfProducts) {
  ASSERT_TRUE(run(products.put("A", {.name = "A"}, {}, {})).has_value());
  EXPECT_EQ(written(), 3) << "and its place in the list, and the row that similar() finds";
  ASSERT_TRUE(run(products.put("A", {.name = "A", .price = 7}, {}, {})).has_value());
  EXPECT_EQ(written(), 2);
  EXPECT_EQ(read(), 0);
  ASSERT_TRUE(run(products.similar({"a", " A", "B"})).has_value());
  EXPECT_LE(read(), 2 * 0.5 + 0.5) << "two keys, one of them found, and its product";
  ASSERT_TRUE(run(products.catalogue({"A", "A"}, View::Latest)).has_value());
  EXPECT_EQ(read(), 1);
  ASSERT_TRUE(run(products.catalogue({"A", "A"}, View::Recent)).has_value());
  EXPECT_EQ(read(), 0.5);
}

TEST_F(DynamoCosts, TheBooksOfTheSandbox) {
  DynamoSandboxBooks ledger(client, tables.make("simulated"));
  const PaymentRequest request{.order = received(1)->id(), .amount = 1, .payment_method = "pm_x"};
  using sandbox::PaymentOperation;
  ASSERT_TRUE(run(ledger.pay(PaymentOperation::Authorize, 1, request)).has_value());
  EXPECT_EQ(written(), 1);
  ASSERT_TRUE(run(ledger.pay(PaymentOperation::Authorize, 1, request)).has_value());
  EXPECT_EQ(written(), 0);
  EXPECT_EQ(read(), 1);
  ASSERT_TRUE(run(ledger.ship(request.order, 1)).has_value());
  EXPECT_EQ(written(), 1);
}

}  // namespace
}  // namespace orderflow
