// What every OrderStore promises about many orders: list, overdue, parked.

#include <algorithm>

#include "base/limits.h"
#include "contract/adapters.h"
#include "order/model/stored_size.h"
#include "order/rules/transitions.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

using OrderIds = std::vector<OrderId>;

OrderIds ids_of(const std::vector<OrderPtr>& orders) {
  OrderIds ids;
  for (const OrderPtr& order : orders) ids.push_back(order->id());
  return ids;
}

class OrderListContract : public StoresContract {
 protected:
  using StoresContract::create;
  OrderPtr create(std::uint32_t number, std::string customer) {
    return create(received(body(number, std::move(customer))));
  }
  Order commit(const Order& order, const Decision& decision) {
    Order next = StoresContract::commit(order, decision);
    settle();
    return next;
  }
  std::vector<OverdueOrder> overdue(Timestamp at, std::int64_t limit = 100) {
    return run(orders().overdue(at, limit)).value();
  }
  OrderPage page(OrderQuery query) {
    auto found = run(orders().list(std::move(query)));
    EXPECT_TRUE(found.has_value());
    EXPECT_LE(found->orders.size(), static_cast<std::size_t>(query.limit));
    return std::move(*found);
  }
  /// The rest of the list from the query's cursor on, page by page.
  OrderIds list(OrderQuery query) {
    OrderIds all;
    for (int pages = 0; pages < 1000; ++pages) {
      const OrderPage one = page(query);
      std::ranges::copy(ids_of(one.orders), std::back_inserter(all));
      if (one.next_cursor.empty()) return all;
      query.cursor = one.next_cursor;
    }
    ADD_FAILURE() << "the list has no end";
    return all;
  }
  void expect_refused(const OrderQuery& query) {
    const auto found = run(orders().list(query));
    ASSERT_FALSE(found.has_value()) << query.cursor;
    EXPECT_EQ(found.error().code, ErrorCode::InvalidInput);
  }
};
INSTANTIATE_TEST_SUITE_P(Adapters, OrderListContract, testing::ValuesIn(stores_adapters()),
                         kAdapterName);

/// The ids of orders `newest` down to `oldest`, as made by body().
OrderIds descending(std::uint32_t newest, std::uint32_t oldest) {
  OrderIds ids;
  for (std::uint32_t number = newest + 1; number-- > oldest;) ids.push_back(body(number).id);
  return ids;
}

TEST_P(OrderListContract, AnEmptyStoreListsNothing) {
  const OrderPage empty = page({.limit = 10});
  EXPECT_TRUE(empty.orders.empty());
  EXPECT_EQ(empty.next_cursor, "");
}

TEST_P(OrderListContract, ListsNewestFirstPageByPage) {
  for (std::uint32_t i = 0; i < 23; ++i) create(i);
  for (const std::int64_t limit : {1, 5, 23, 200}) {
    EXPECT_EQ(list({.limit = limit}), descending(22, 0)) << limit;
  }
  reopen();
  EXPECT_EQ(list({.limit = 7}), descending(22, 0));
}

TEST_P(OrderListContract, ShowsEachOrderAsItIsNow) {
  const OrderPtr order = create(1);
  const Order paid = commit(*order, authorized(*order, 1, kStart));
  const Order gone = commit(paid, sold_out(paid, "Widget", kStart));
  const OrderPage one = page({.limit = 10});
  ASSERT_EQ(one.orders.size(), 1u);
  EXPECT_EQ(one.orders[0]->state, gone.state);
  EXPECT_EQ(*one.orders[0]->body, *order->body);
}

TEST_P(OrderListContract, EndsAPageOfLargeOrdersByTheirBytes) {
  for (std::uint32_t i = 0; i < 30; ++i) create(largest_order(i));
  OrderQuery query{.limit = 200};
  const OrderPage first = page(query);
  std::size_t bytes = 0;
  for (const OrderPtr& order : first.orders) bytes += stored_bytes_max(*order->body);
  EXPECT_LE(bytes, kPageStoredBytesMax);
  EXPECT_GT(bytes, kPageStoredBytesMax - kOrderStoredBytesMax) << "it is full";
  EXPECT_EQ(list(query), descending(29, 0));
  query.status = Status::Pending;
  EXPECT_EQ(list(query), descending(29, 0));
  query.customer_email = "test@example.com";
  EXPECT_EQ(list(query), descending(29, 0));
}

TEST_P(OrderListContract, NewOrdersBetweenPagesDoNotDisturbTheList) {
  for (std::uint32_t i = 0; i < 10; ++i) create(i);
  OrderPage first = page({.limit = 4});
  ASSERT_FALSE(first.next_cursor.empty());
  for (std::uint32_t i = 10; i < 15; ++i) create(i);
  OrderIds all = ids_of(first.orders);
  std::ranges::copy(list({.limit = 4, .cursor = first.next_cursor}), std::back_inserter(all));
  EXPECT_EQ(all, descending(9, 0));
}

TEST_P(OrderListContract, FiltersByCustomer) {
  for (std::uint32_t i = 0; i < 30; ++i)
    create(i, i % 3 ? "b@example.com" : i % 2 ? "a@example.com" : "A@example.Com");
  OrderIds of_a;
  for (std::uint32_t i = 30; i-- > 0;) {
    if (i % 3 == 0) of_a.push_back(body(i).id);
  }
  EXPECT_EQ(list({.customer_email = "a@example.com", .limit = 4}), of_a);
  EXPECT_EQ(list({.customer_email = "nobody@example.com", .limit = 4}), OrderIds());
  EXPECT_EQ(list({.customer_email = "A@Example.COM", .limit = 4}), of_a);
  reopen();
  EXPECT_EQ(list({.customer_email = "a@example.com", .limit = 4}), of_a);
}

TEST_P(OrderListContract, FiltersByStatus) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    const OrderPtr order = create(i);
    if (i >= 8) commit(*order, authorization_declined(*order, 1, "card_declined", kStart));
  }
  EXPECT_EQ(list({.status = Status::PaymentDeclined, .limit = 1}), descending(9, 8));
  EXPECT_EQ(list({.status = Status::Pending, .limit = 3}), descending(7, 0));
  EXPECT_EQ(list({.status = Status::Shipped, .limit = 3}), OrderIds());
}

TEST_P(OrderListContract, ACancelledOrderIsListedAndOverdueUntilItIsVoided) {
  const Timestamp later = kStart + 1h;
  const OrderQuery cancelled_ones{.status = Status::Cancelled, .limit = 10};
  const OrderPtr first = create(1);
  const OrderPtr second = create(2);
  const OrderPtr third = create(3);
  const Order first_gone = commit(*first, cancelled(*first, "", kStart));
  EXPECT_EQ(list(cancelled_ones), OrderIds{first->id()});
  EXPECT_EQ(overdue(later).size(), 3u);

  const Order second_gone = commit(*second, cancelled(*second, "", kStart));
  const Order third_waits = commit(*third, parked(*third, Actor::PaymentProcessor, 1, "?", kStart));
  EXPECT_EQ(overdue(later).size(), 2u);
  commit(third_waits, cancelled(third_waits, "", kStart));
  EXPECT_EQ(list(cancelled_ones), (OrderIds{third->id(), second->id(), first->id()}));
  EXPECT_EQ(overdue(later).size(), 3u);

  commit(second_gone, voided(second_gone, 1, later));
  commit(first_gone, voided(first_gone, 1, later));
  EXPECT_EQ(overdue(later).size(), 1u);
  EXPECT_EQ(list(cancelled_ones), (OrderIds{third->id(), second->id(), first->id()}));
}

TEST_P(OrderListContract, FiltersByTimeFromInclusiveToExclusive) {
  for (std::uint32_t i = 0; i < 10; ++i) create(i);
  EXPECT_EQ(list({.from = kStart + 3s, .to = kStart + 6s, .limit = 2}), descending(5, 3));
  EXPECT_EQ(list({.from = kStart + 7s, .limit = 2}), descending(9, 7));
  EXPECT_EQ(list({.from = kStart + 6001ms, .limit = 2}), descending(9, 7));
  EXPECT_EQ(list({.to = kStart + 2s, .limit = 2}), descending(1, 0));
  EXPECT_EQ(list({.to = kStart + 1ms, .limit = 2}), descending(0, 0));
  EXPECT_EQ(list({.from = kStart + 5s, .to = kStart + 5s, .limit = 2}), OrderIds());
}

/// What a clock that was wrong, another generator of ids, or an import can leave behind: orders whose
/// ids say nothing of when they were created.
std::vector<OrderBody> of_odd_ids() {
  const std::vector<OrderId> odd{
      id_at(kStart + 87'600h, 1),  // ten years ahead
      *OrderId::parse("ffffffff-ffff-7fff-bfff-ffffffffffff"),
      id_at(kStart - 87'600h, 3),
      *OrderId::parse("0198c2f0-1a2b-8c3d-8e4f-5a6b7c8d9e0f"),
      *OrderId::parse("00000000-0000-7000-8000-000000000000"),
      id_at(kStart + 3s, 5),
  };
  std::vector<OrderBody> bodies;
  for (std::uint32_t i = 0; i < odd.size(); ++i) {
    bodies.push_back(body(2 * i));
    bodies.back().id = odd[i];
    bodies.push_back(body(2 * i + 1));
  }
  return bodies;
}

TEST_P(OrderListContract, OrderAndFiltersFollowTheTimeOfCreationWhateverTheIdSays) {
  const std::vector<OrderBody> bodies = of_odd_ids();
  OrderIds all;
  for (const OrderBody& one : bodies) {
    create(received(one));
    all.insert(all.begin(), one.id);
  }
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    for (const std::int64_t limit : {1, 5, 50}) EXPECT_EQ(list({.limit = limit}), all) << limit;
    EXPECT_EQ(list({.customer_email = "test@example.com", .limit = 2}), all);
    EXPECT_EQ(list({.status = Status::Pending, .limit = 2}), all);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      const Timestamp at = bodies[i].created_at;
      EXPECT_EQ(list({.from = at, .to = at + 1ms, .limit = 2}), OrderIds{bodies[i].id}) << i;
    }
    EXPECT_EQ(list({.from = kStart + 1h, .limit = 2}), OrderIds());
    EXPECT_EQ(list({.to = kStart, .limit = 2}), OrderIds());
  }
}

TEST_P(OrderListContract, AnOrderOfAnOddIdIsFoundAndChangedLikeAnyOther) {
  for (const OrderBody& one : of_odd_ids()) {
    const OrderPtr order = create(received(one));
    const Order paid = commit(*order, authorized(*order, 1, kStart));
    const Order gone = commit(paid, sold_out(paid, "Widget", kStart));
    commit(gone, voided(gone, 1, kStart));
  }
  reopen();
  for (const OrderBody& one : of_odd_ids()) {
    const OrderPtr order = load(one.id, View::Durable);
    EXPECT_EQ(*order->body, one);
    EXPECT_EQ(order->version(), 4u);
    OrderBody another = one;
    another.customer_email = "another@example.com";
    for (const Duration off : {0ms, 1ms}) {
      another.created_at = one.created_at + off;
      const auto refused = run(orders().create(received(another), {}));
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    }
  }
  EXPECT_EQ(list({.limit = 50}).size(), of_odd_ids().size());
}

TEST_P(OrderListContract, OrdersOfOneMillisecondAreListedById) {
  OrderIds ids;
  for (std::uint32_t i = 0; i < 6; ++i) ids.push_back(id_at(kStart, i));  // the same front
  ids.push_back(*OrderId::parse("11111111-1a2b-8c3d-8e4f-5a6b7c8d9e0f"));
  ids.push_back(*OrderId::parse("f1111111-1a2b-8c3d-8e4f-5a6b7c8d9e0f"));
  for (const OrderId& id : ids) {
    OrderBody one = body(0);
    one.id = id;
    create(received(one));
    EXPECT_EQ(load(id, View::Durable)->id(), id);
  }
  std::ranges::reverse(ids);
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    for (const std::int64_t limit : {1, 3, 50}) EXPECT_EQ(list({.limit = limit}), ids) << limit;
    EXPECT_EQ(list({.from = kStart, .to = kStart + 1ms, .limit = 3}), ids);
    EXPECT_EQ(list({.from = kStart + 1ms, .limit = 3}), OrderIds());
  }
}

TEST_P(OrderListContract, FiltersByEverythingTogether) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    const OrderPtr order = create(i, i % 2 ? "a@example.com" : "b@example.com");
    if (i % 4 == 1) commit(*order, cancelled(*order, "", kStart));
  }
  EXPECT_EQ(list({.customer_email = "a@example.com",
                  .status = Status::Cancelled,
                  .from = kStart + 5s,
                  .to = kStart + 14s,
                  .limit = 1}),
            (OrderIds{body(13).id, body(9).id, body(5).id}));
}

TEST_P(OrderListContract, RefusesForgedCursors) {
  for (std::uint32_t i = 0; i < 5; ++i) create(i);
  const std::string real = page({.limit = 2}).next_cursor;
  ASSERT_FALSE(real.empty());
  for (const std::string forged : {"x", "garbage", "0", "-1", "%00", "../../etc", "é"}) {
    expect_refused({.limit = 2, .cursor = forged});
  }
  expect_refused({.limit = 2, .cursor = real + "x"});
  expect_refused({.limit = 2, .cursor = real.substr(0, real.size() / 2)});
  expect_refused({.limit = 2, .cursor = std::string(100'000, 'A')});
}

TEST_P(OrderListContract, RefusesTheCursorOfAnotherQuery) {
  for (std::uint32_t i = 0; i < 5; ++i) create(i);
  const std::string cursor = page({.limit = 2}).next_cursor;
  ASSERT_FALSE(cursor.empty());
  expect_refused({.customer_email = "test@example.com", .limit = 2, .cursor = cursor});
  expect_refused({.status = Status::Pending, .limit = 2, .cursor = cursor});
  expect_refused({.from = kStart, .limit = 2, .cursor = cursor});
  expect_refused({.to = kStart + 1h, .limit = 2, .cursor = cursor});
}

TEST_P(OrderListContract, ListsOverdueOrdersLongestFirst) {
  for (std::uint32_t i = 0; i < 6; ++i) create(5 - i);
  const auto four = overdue(kStart + 3s);
  ASSERT_EQ(four.size(), 4u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const OverdueOrder& order = four[i];
    EXPECT_EQ(order.id, body(i).id);
    EXPECT_EQ(order.due.at, kStart + std::chrono::seconds(i));
    EXPECT_EQ(order.due.stage, Stage::Payment);
    EXPECT_EQ(order.due.operation, Operation::Authorize);
  }
  const auto three = overdue(kStart + 1h, 3);
  ASSERT_EQ(three.size(), 3u);
  EXPECT_EQ(three[2].id, body(2).id);
  EXPECT_TRUE(overdue(kStart - 1ms, 3).empty());
}

TEST_P(OrderListContract, OverdueFollowsEachCommit) {
  const OrderPtr order = create(1);
  const Timestamp later = kStart + 1h;
  const Order paid = commit(*order, authorized(*order, 1, later));
  EXPECT_TRUE(overdue(later - 1ms).empty());
  auto late = overdue(later);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].due.stage, Stage::Inventory);
  const Order empty = commit(paid, sold_out(paid, "Widget", later));
  late = overdue(later);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].due.operation, Operation::Void);
  reopen();
  EXPECT_EQ(overdue(later).size(), 1u);
  commit(empty, voided(empty, 1, later));
  EXPECT_TRUE(overdue(later + 1h).empty()) << "at its end";
}

TEST_P(OrderListContract, ParkedOrdersAreListedAndNotOverdue) {
  std::vector<Order> waiting;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const OrderPtr order = create(3 - i);
    if (i == 0) continue;
    waiting.push_back(
        commit(*order, parked(*order, Actor::PaymentProcessor, 1, "no answer", kStart)));
  }
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const auto found = run(orders().parked(10, ""));
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->orders.size(), 3u);
    EXPECT_EQ(found->next_cursor, "");
    for (std::uint32_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found->orders[i].id, body(i).id) << "oldest first";
    }
    EXPECT_EQ(found->orders[0].state.attention->reason, "no answer");
    EXPECT_EQ(overdue(kStart + 1h).size(), 1u);
  }
  const auto first = run(orders().parked(2, ""));
  EXPECT_EQ(first->orders.size(), 2u);
  for (const std::string& order_list :
       {std::string("x"), run(orders().list({.limit = 1}))->next_cursor}) {
    EXPECT_EQ(run(orders().parked(2, order_list)).error().code, ErrorCode::InvalidInput);
  }
  commit(waiting[2], retried(waiting[2], kStart));
  EXPECT_EQ(run(orders().parked(10, ""))->orders.size(), 2u);
  const auto second = run(orders().parked(2, first->next_cursor));
  ASSERT_EQ(second->orders.size(), 1u);
  EXPECT_EQ(second->orders[0].id, body(2).id) << "also where an order before it has gone";
  EXPECT_EQ(second->next_cursor, "");
  EXPECT_EQ(overdue(kStart + 1h).size(), 2u);
}

}  // namespace
}  // namespace orderflow
