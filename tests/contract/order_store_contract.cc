// What every OrderStore promises about single orders: create, load, commit, stock.

#include <algorithm>

#include "contract/adapters.h"
#include "order/rules/transitions.h"

namespace orderflow {
namespace {

Idempotency key(std::uint8_t key, std::uint8_t fingerprint) {
  Idempotency idempotency;
  idempotency.key.fill(key);
  idempotency.fingerprint.fill(fingerprint);
  return idempotency;
}

class OrderStoreContract : public StoresContract {
 protected:
  using StoresContract::create;
  Creation create(std::uint32_t number, const Idempotency& key) {
    return run(orders().create(received(number), key)).value();
  }
  void expect_unknown(std::uint32_t number, View view = View::Latest) {
    const auto loaded = run(orders().load(body(number).id, view));
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(loaded.error().code, ErrorCode::NotFound);
  }
};
INSTANTIATE_TEST_SUITE_P(Adapters, OrderStoreContract, testing::ValuesIn(stores_adapters()),
                         kAdapterName);

/// An order with something in every field.
OrderBody full_body() {
  OrderBody full = body(7, "Grüße+☃@example.com");
  full.lines = {{"A", "Ä name, \"quoted\" \\ \n", 100, 3, 300}, {"B", "مرحبا", 0, 1, 0}};
  full.currency = *Currency::from_code("KWD");
  full.total = 300;
  full.payment_method = "pm_other";
  full.shipping_address = Address{"Ann", "1 Road", "Flat 2", "Town", "", "12345", "DE"};
  full.metadata = {{"", "empty name"}, {"note", std::string("with\ttab")}};
  return full;
}

TEST_P(OrderStoreContract, KeepsEveryFieldOfAnOrder) {
  const OrderPtr order = create(received(full_body()));
  const Order waiting =
      commit(*order, parked(*order, Actor::PaymentProcessor, 3, "no answer \"at all\"", kStart));
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const OrderPtr loaded = load(order->id(), View::Durable);
    EXPECT_EQ(*loaded->body, *order->body);
    EXPECT_EQ(loaded->state, waiting.state);
  }
}

TEST_P(OrderStoreContract, KeepsTheWholeTimelineToTheEnd) {
  OrderPtr order = create(1);
  ASSERT_TRUE(run(products().put("Widget", {.name = "Widget", .price = 2999}, 5, {})).has_value());
  Timestamp now = order->body->created_at;
  const auto step = [&](const Decision& decision) {
    const Order next = commit(*order, decision);
    order = load(order->id(), View::Latest);
    EXPECT_EQ(order->state, next.state);
    now += Duration(17);
  };
  for (int i = 0; i < 3; ++i) {
    step(deferred(*order, Actor::PaymentProcessor, 1, "no answer", 0.5, now));
  }
  step(authorized(*order, 1, now));
  step(stock_reserved(*order, {{"Widget", 2}}, now));
  step(claimed(*order, now));
  step(captured(*order, 1, now));
  step(shipped(*order, 1, "SIM1", "simulated", now));
  reopen();
  const OrderPtr durable = load(order->id(), View::Durable);
  EXPECT_EQ(durable->state, order->state);
  EXPECT_EQ(durable->state.events.size(), 7u) << "the deferrals are one";
  EXPECT_EQ(durable->version(), 9u);
  EXPECT_EQ(run(products().get("Widget"))->stock, (Stock{3, 0, 2, 5}));
}

TEST_P(OrderStoreContract, DoesNotFindAnUnknownOrder) {
  for (const View view : {View::Durable, View::Latest, View::Recent}) {
    expect_unknown(1, view);
  }
}

TEST_P(OrderStoreContract, RefusesTheIdOfAnotherOrder) {
  OrderBody other = body(1);
  other.customer_email = "other@example.com";
  create(1);
  EXPECT_EQ(run(orders().create(received(other), {})).error().code, ErrorCode::Conflict);
  EXPECT_EQ(load(other.id, View::Durable)->body->customer_email, "test@example.com");
}

TEST_P(OrderStoreContract, StoresAnOrderWithAUuidOfAnyVersion) {
  OrderBody derived = body(1);
  derived.id = *OrderId::parse("ffeeddcc-bbaa-4998-8776-655443322110");
  create(received(derived));
  EXPECT_EQ(*load(derived.id, View::Durable)->body, derived);
}

TEST_P(OrderStoreContract, ReplaysTheSameRequestUnderItsKey) {
  const OrderPtr first = create(1, key(1, 1)).order;  // under the id that the store gave it
  commit(*first, authorized(*first, 1, kStart));
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const Creation again = create(2, key(1, 1));
    EXPECT_EQ(again.outcome, CreateOutcome::Replayed);
    EXPECT_EQ(again.order->id(), first->id());
    EXPECT_EQ(again.order->version(), 2u) << "what is stored by now";
    expect_unknown(2);
  }
}

TEST_P(OrderStoreContract, RefusesAnotherRequestUnderAUsedKey) {
  create(1, key(1, 1));
  const Creation reused = create(2, key(1, 2));
  EXPECT_EQ(reused.outcome, CreateOutcome::KeyReused);
  EXPECT_EQ(reused.order, nullptr);
  expect_unknown(2);
}

TEST_P(OrderStoreContract, FindsTheOrderOfAKey) {
  EXPECT_FALSE(run(orders().find(key(1, 1)))->has_value());
  const OrderPtr order = create(1, key(1, 1)).order;
  reopen();
  const auto same = *run(orders().find(key(1, 1)));
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->outcome, CreateOutcome::Replayed);
  EXPECT_EQ(same->order->id(), order->id());
  EXPECT_EQ((*run(orders().find(key(1, 2))))->outcome, CreateOutcome::KeyReused);
  EXPECT_FALSE(run(orders().find(key(2, 1)))->has_value());
}

TEST_P(OrderStoreContract, KeepsKeysOfDifferentScopesApart) {
  ASSERT_EQ(create(1, key(1, 1)).outcome, CreateOutcome::Created);
  ASSERT_EQ(create(2, key(2, 1)).outcome, CreateOutcome::Created);
  create(3);
  create(4);
}

TEST_P(OrderStoreContract, HonoursAKeyForSeventyTwoHours) {
  const OrderPtr first = create(0, key(1, 1)).order;
  for (std::uint32_t hour = 1; hour < 72; ++hour) {
    const auto other = key(static_cast<std::uint8_t>(hour + 1), 0);
    ASSERT_EQ(create(hour * 3600, other).outcome, CreateOutcome::Created);
  }
  const Creation again = create(72 * 3600 - 1, key(1, 1));
  ASSERT_EQ(again.outcome, CreateOutcome::Replayed);
  EXPECT_EQ(again.order->id(), first->id());
}

TEST_P(OrderStoreContract, SixtyFourCreatesAtOnceUnderOneKeyMakeOneOrder) {
  std::vector<Task<Result<Creation>>> creates;
  for (std::uint32_t i = 0; i < 64; ++i) creates.push_back(orders().create(received(i), key(1, 1)));
  const auto creations = run_all(io(), std::move(creates));
  int created = 0;
  for (const auto& creation : creations) {
    ASSERT_TRUE(creation.has_value());
    ASSERT_NE(creation->outcome, CreateOutcome::KeyReused);
    created += creation->outcome == CreateOutcome::Created;
    EXPECT_EQ(creation->order->id(), creations.front()->order->id());
  }
  EXPECT_EQ(created, 1);
  EXPECT_EQ(run(orders().list({.limit = 100}))->orders.size(), 1u);
}

TEST_P(OrderStoreContract, ShowsACommitAtOnceToProcessorsAndOnceDurableToAll) {
  const OrderPtr order = create(1);
  const Order paid = commit(*order, authorized(*order, 1, kStart));
  EXPECT_EQ(load(order->id(), View::Latest)->state, paid.state);
  const Transition second = legal(sold_out(paid, "Widget", kStart));
  ASSERT_TRUE(second.barrier);
  ASSERT_EQ(commit(2, second), CommitOutcome::Committed);
  EXPECT_EQ(load(order->id(), View::Durable)->state, second.next->state);
}

TEST_P(OrderStoreContract, RefusesACommitOnAnyOtherVersion) {
  const OrderPtr order = create(1);
  const Transition first = legal(authorized(*order, 1, kStart));
  const Transition second = legal(stock_reserved(*first.next, {}, kStart));
  EXPECT_EQ(commit(2, second), CommitOutcome::VersionConflict) << "ahead";
  EXPECT_EQ(commit(1, first), CommitOutcome::Committed);
  EXPECT_EQ(commit(1, legal(cancelled(*order, "", kStart))), CommitOutcome::VersionConflict)
      << "behind";
  EXPECT_EQ(load(order->id(), View::Latest)->state, first.next->state);
}

TEST_P(OrderStoreContract, StoresTwoStepsInOneCommit) {
  const OrderPtr order = create(1);
  const Transition first = legal(authorized(*order, 1, kStart));
  const Transition both = followed_by(first, legal(stock_reserved(*first.next, {}, kStart)));
  EXPECT_EQ(commit(2, followed_by(both, legal(claimed(*both.next, kStart)))),
            CommitOutcome::VersionConflict);
  ASSERT_EQ(commit(1, both), CommitOutcome::Committed);
  EXPECT_EQ(commit(1, first), CommitOutcome::VersionConflict);
  EXPECT_EQ(commit(2, legal(stock_reserved(*first.next, {}, kStart))),
            CommitOutcome::VersionConflict)
      << "version 2 was never stored";
  reopen();
  const OrderPtr stored = load(order->id(), View::Durable);
  EXPECT_EQ(stored->state, both.next->state);
  EXPECT_EQ(stored->version(), 3u);
  ASSERT_EQ(commit(3, legal(claimed(*stored, kStart))), CommitOutcome::Committed);
}

TEST_P(OrderStoreContract, RefusesToChangeAnUnknownOrder) {
  const auto outcome = run(orders().commit(1, legal(authorized(*received(1), 1, kStart))));
  EXPECT_TRUE(!outcome || *outcome == CommitOutcome::VersionConflict);
  expect_unknown(1);
}

TEST_P(OrderStoreContract, OneOfManyRacingCommitsWins) {
  const OrderPtr order = create(1);
  std::vector<Task<Result<CommitOutcome>>> commits;
  for (int i = 0; i < 16; ++i) {
    const std::string reason = "racer " + std::to_string(i);
    commits.push_back(
        orders().commit(1, legal(i % 2 ? cancelled(*order, reason, kStart)
                                       : authorization_declined(*order, 1, reason, kStart))));
  }
  const auto outcomes = run_all(io(), std::move(commits));
  const auto stored = load(order->id(), View::Durable);
  EXPECT_EQ(stored->version(), 2u);
  int winners = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (*outcomes[i] == CommitOutcome::VersionConflict) continue;
    EXPECT_EQ(*outcomes[i], CommitOutcome::Committed);
    EXPECT_EQ(stored->state.reason, "racer " + std::to_string(i));
    ++winners;
  }
  EXPECT_EQ(winners, 1);
}

class StockContract : public StoresContract {
 protected:
  void SetUp() override {
    ASSERT_TRUE(run(products().put("A", {.name = "A", .price = 1}, 5, {})).has_value());
    ASSERT_TRUE(run(products().put("B", {.name = "B", .price = 1}, 2, {})).has_value());
  }

  /// A stored order that is AUTHORIZED.
  Order authorized_order(std::uint32_t number) {
    const OrderPtr order = create(number);
    return commit(*order, authorized(*order, 1, kStart));
  }
  Stock stock(const std::string& sku) {
    settle();
    return run(products().get(sku))->stock;
  }
};

INSTANTIATE_TEST_SUITE_P(Adapters, StockContract, testing::ValuesIn(stores_adapters()),
                         kAdapterName);

TEST_P(StockContract, ReservesAndReleases) {
  Order order = authorized_order(1);
  order = commit(order, stock_reserved(order, {{"A", 3}, {"B", 2}}, kStart));
  EXPECT_EQ(stock("A"), (Stock{2, 3, 0, 5}));
  EXPECT_EQ(stock("B"), (Stock{0, 2, 0, 2}));
  order = commit(order, cancelled(order, "", kStart));
  reopen();
  EXPECT_EQ(stock("A"), (Stock{5, 0, 0, 5}));
  EXPECT_EQ(stock("B"), (Stock{2, 0, 0, 2}));
}

TEST_P(StockContract, MovesTheStockOfTheSecondOfTwoSteps) {
  Order order = authorized_order(1);
  order = commit(order, stock_reserved(order, {{"A", 3}}, kStart));
  order = commit(order, claimed(order, kStart));
  const Transition capture = legal(captured(order, 1, kStart));
  commit(order, followed_by(capture, legal(shipped(*capture.next, 1, "T", "C", kStart))));
  EXPECT_EQ(stock("A"), (Stock{2, 0, 3, 5}));
  reopen();
  EXPECT_EQ(load(order.id(), View::Durable)->version(), 6u);
  EXPECT_EQ(run(orders().list({.status = Status::Shipped, .limit = 10}))->orders.size(), 1u);
}

TEST_P(StockContract, ReservesAllLinesOrNone) {
  const Order order = authorized_order(1);
  const Transition too_much = legal(stock_reserved(order, {{"A", 5}, {"B", 3}}, kStart));
  EXPECT_EQ(commit(2, too_much), CommitOutcome::SoldOut);
  EXPECT_EQ(stock("A"), (Stock{5, 0, 0, 5}));
  EXPECT_EQ(stock("B"), (Stock{2, 0, 0, 2}));
  EXPECT_EQ(load(order.id(), View::Latest)->state, order.state);
}

TEST_P(StockContract, MovesNoStockWithoutTheOrder) {
  const Order order = authorized_order(1);
  const Transition reserve = legal(stock_reserved(order, {{"A", 3}}, kStart));
  ASSERT_EQ(commit(2, reserve), CommitOutcome::Committed);
  EXPECT_EQ(commit(2, reserve), CommitOutcome::VersionConflict) << "a doubled nudge";
  EXPECT_EQ(stock("A"), (Stock{2, 3, 0, 5}));
}

TEST_P(StockContract, OrdersRacingForTheLastPiecesTakeNoMoreThanThereAre) {
  std::vector<Order> racers;
  for (std::uint32_t i = 0; i < 20; ++i) racers.push_back(authorized_order(i));
  std::vector<Task<Result<CommitOutcome>>> commits;
  for (const Order& order : racers) {
    commits.push_back(orders().commit(2, legal(stock_reserved(order, {{"A", 1}}, kStart))));
  }
  const auto outcomes = run_all(io(), std::move(commits));
  const auto count = [&](CommitOutcome wanted) {
    return std::ranges::count_if(outcomes, [&](const auto& o) { return *o == wanted; });
  };
  EXPECT_EQ(count(CommitOutcome::Committed), 5);
  EXPECT_EQ(count(CommitOutcome::SoldOut), 15);
  EXPECT_EQ(stock("A"), (Stock{0, 5, 0, 5}));
}

}  // namespace
}  // namespace orderflow
