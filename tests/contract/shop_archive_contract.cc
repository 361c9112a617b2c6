// What every ShopArchive and ShopImport promises.

#include <gmock/gmock.h>

#include <functional>

#include "contract/archives.h"
#include "order/rules/transitions.h"
#include "support/orders.h"

namespace orderflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A shop in memory, to write and to compare with.
struct Content {
  std::vector<Product> products;
  std::vector<StockEntry> stock_entries;
  std::vector<std::pair<Order, std::optional<Idempotency>>> orders;
  std::vector<std::pair<OrderId, sandbox::PaymentAccount>> payments;
  std::vector<ArchivedShipment> shipments;
};

Order next(const Decision& decision) { return *legal(decision).next; }

Order shipped(const OrderPtr& order) {
  const Timestamp at = order->updated_at();
  Order moved = next(authorized(*order, 1, at));
  moved = next(stock_reserved(moved, {{"Widget", 2}}, at));
  moved = next(captured(next(claimed(moved, at)), 1, at));
  return next(shipped(moved, 1, "SIM1", "simulated", at));
}

sandbox::PaymentAccount account(Minor amount) {
  return {.currency = "USD",
          .payment_method = "pm_card_visa",
          .entries = {{sandbox::PaymentOperation::Authorize, 1, amount, "ok"},
                      {sandbox::PaymentOperation::Capture, 1, amount, "ok"}}};
}

Idempotency key(std::uint8_t byte) {
  Idempotency key;
  key.key.fill(byte);
  key.fingerprint.fill(static_cast<std::uint8_t>(byte + 1));
  return key;
}

/// One order of every kind of list, with and without keys, one of them with an id that orderflow
/// did not make.
Content whole_shop() {
  const OrderPtr pending = received(3);
  const Order authorized_one = next(authorized(*received(2), 1, kStart));
  Order parked = authorized_one;
  while (!parked.state.attention) {
    parked = next(deferred(parked, Actor::InventoryProcessor, 0, "no_answer", 0.5, kStart));
  }
  OrderBody other_parked = body(4);
  other_parked.id = id_at(kStart + std::chrono::seconds(4), 4);
  parked.body = std::make_shared<const OrderBody>(other_parked);
  OrderBody foreign = body(5);
  foreign.id = *OrderId::parse("00000000-0000-4000-8000-000000000001");
  return {.products = {{"Widget", "A \"widget\"", 2999, Currency::usd(), {8, 0, 2, 10}},
                       {"yen", "¥", 5, *Currency::from_code("JPY"), {}}},
          .stock_entries = {{"Widget", kStart, 12, "count set"},
                            {"Widget", kStart + Duration(1), -2, "broken"}},
          .orders = {{shipped(received(1)), key(1)},
                     {authorized_one, std::nullopt},
                     {*pending, key(3)},
                     {parked, std::nullopt},
                     {*received(foreign), std::nullopt}},
          .payments = {{received(1)->id(), account(5998)}, {authorized_one.id(), account(1)}},
          .shipments = {{received(1)->id(), 1}}};
}

class ShopArchiveContract : public testing::TestWithParam<ArchivesAdapter> {
 protected:
  std::unique_ptr<ShopArchive> open() { return archives_->open().value(); }
  std::unique_ptr<ShopImport> open_import() { return archives_->open_import().value(); }
  std::unique_ptr<Stores> serve() { return archives_->serve(); }
  Archives& archives() { return *archives_; }

  static Result<void> add(ShopImport& import, const Content& content) {
    Result<void> added;
    for (const Product& product : content.products) {
      if (added) added = import.add_product(product);
    }
    for (const StockEntry& entry : content.stock_entries) {
      if (added) added = import.add_stock_entry(entry);
    }
    for (const auto& [order, idempotency] : content.orders) {
      if (added) added = import.add_order(order, idempotency);
    }
    for (const auto& [order, account] : content.payments) {
      if (added) added = import.add_payment(order, account);
    }
    for (const ArchivedShipment& shipment : content.shipments) {
      if (added) added = import.add_shipment(shipment);
    }
    return added;
  }

  void store(const Content& content) {
    const auto import = open_import();
    const auto added = add(*import, content);
    ASSERT_TRUE(added) << added.error().detail;
    ASSERT_TRUE(import->commit());
  }

  /// The error of adding `content`, after which the import ends without a commit.
  Error refusal(const Content& content) {
    const auto import = open_import();
    const auto added = add(*import, content);
    EXPECT_FALSE(added);
    return added ? Error{} : added.error();
  }

  static Content read(ShopArchive& shop) {
    Content content;
    const auto push_to = [](auto& list) {
      return [&list](auto item) -> Result<void> {
        list.push_back(std::move(item));
        return {};
      };
    };
    EXPECT_TRUE(shop.each_product(push_to(content.products)));
    EXPECT_TRUE(shop.each_stock_entry(push_to(content.stock_entries)));
    EXPECT_TRUE(shop.each_order(Along::Key, [&](ArchivedOrder row) -> Result<void> {
      EXPECT_EQ(row.id, row.order->id());
      EXPECT_THAT(row.differences, IsEmpty());
      content.orders.emplace_back(*row.order, row.idempotency);
      return {};
    }));
    EXPECT_TRUE(shop.each_payment([&](ArchivedPayment payment) -> Result<void> {
      content.payments.emplace_back(payment.order, *payment.account);
      return {};
    }));
    EXPECT_TRUE(shop.each_shipment(push_to(content.shipments)));
    return content;
  }

  static std::vector<OrderId> ids(ShopArchive& shop) {
    std::vector<OrderId> ids;
    EXPECT_TRUE(shop.each_order(Along::Nothing, [&](const ArchivedOrder& row) -> Result<void> {
      ids.push_back(row.id);
      return {};
    }));
    return ids;
  }

  static void expect_equal(const Content& read, const Content& expected) {
    EXPECT_EQ(read.products, expected.products);
    EXPECT_EQ(read.stock_entries, expected.stock_entries);
    EXPECT_EQ(read.payments, expected.payments);
    EXPECT_EQ(read.shipments, expected.shipments);
    ASSERT_EQ(read.orders.size(), expected.orders.size());
    for (std::size_t i = 0; i < read.orders.size(); ++i) {
      EXPECT_EQ(*read.orders[i].first.body, *expected.orders[i].first.body) << i;
      EXPECT_EQ(read.orders[i].first.state, expected.orders[i].first.state) << i;
      EXPECT_EQ(read.orders[i].second, expected.orders[i].second) << i;
    }
  }

 private:
  std::unique_ptr<Archives> archives_ = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Adapters, ShopArchiveContract, testing::Values(sqlite_archives()),
                         kAdapterName);

TEST_P(ShopArchiveContract, IsNotThereWhereThereIsNoShop) {
  EXPECT_EQ(archives().open().error().code, ErrorCode::NotFound);
}

TEST_P(ShopArchiveContract, GivesBackWhatWasImportedInOrder) {
  store(whole_shop());
  expect_equal(read(*open()), whole_shop());
}

TEST_P(ShopArchiveContract, ReadsAShopLargerThanAPage) {
  Content content;
  for (int i = 0; i < 2'500; ++i) {
    content.products.push_back({.sku = std::to_string(10'000 + i), .name = "n"});
  }
  for (std::uint32_t i = 0; i < 1'500; ++i) {
    content.orders.emplace_back(*received(i), std::nullopt);
    content.payments.emplace_back(received(i)->id(), account(1));
  }
  store(content);
  expect_equal(read(*open()), content);
}

TEST_P(ShopArchiveContract, SaysWhereOrdersAreFound) {
  store(whole_shop());
  std::vector<OrderList> lists;
  ASSERT_TRUE(open()->each_order(Along::Nothing, [&](const ArchivedOrder& row) -> Result<void> {
    lists.push_back(row.index.list);
    EXPECT_EQ(row.index.version, row.order->version());
    EXPECT_EQ(row.index.status, row.order->state.status);
    EXPECT_EQ(row.index.due_at, row.order->state.due_at);
    return {};
  }));
  EXPECT_THAT(lists, ElementsAre(OrderList::None, OrderList::Open, OrderList::Open,
                                 OrderList::Parked, OrderList::Open));
}

TEST_P(ShopArchiveContract, ReadsTheBooksAlongWithTheOrders) {
  const Content content = whole_shop();
  store(content);
  std::size_t at = 0;
  ASSERT_TRUE(open()->each_order(Along::Books, [&](const ArchivedOrder& row) -> Result<void> {
    const auto& account = *row.books.value().payment;
    EXPECT_EQ(account.has_value(), at < 2);
    if (account) {
      EXPECT_EQ(*account, content.payments.at(at).second);
    }
    EXPECT_EQ(row.books->shipped_attempt, at == 0 ? std::optional(1) : std::nullopt);
    ++at;
    return {};
  }));
  EXPECT_EQ(open()->count_effects().value(), 3);
}

TEST_P(ShopArchiveContract, SaysWhereThereAreNoBooks) {
  Content content = whole_shop();
  content.payments.clear();
  content.shipments.clear();
  store(content);
  EXPECT_EQ(open()->count_effects().value(), std::nullopt);
  ASSERT_TRUE(open()->each_order(Along::Books, [](const ArchivedOrder& row) -> Result<void> {
    EXPECT_FALSE(row.books);
    return {};
  }));
}

TEST_P(ShopArchiveContract, ChecksCleanAndCounted) {
  store(whole_shop());
  const auto unexpected = [](const std::string& finding) { ADD_FAILURE() << finding; };
  EXPECT_EQ(open()->check_keys(unexpected).value(), 2);
  EXPECT_TRUE(open()->check_remains(unexpected));
  const auto counts = open()->order_counts().value();
  if (!counts.by_status) return;  // a store need not keep counts
  EXPECT_EQ(counts.by_status->at(static_cast<std::size_t>(Status::Pending)), 2);
  EXPECT_EQ(counts.by_status->at(static_cast<std::size_t>(Status::Authorized)), 2);
  EXPECT_EQ(counts.by_status->at(static_cast<std::size_t>(Status::Shipped)), 1);
  EXPECT_EQ(counts.parked, 1);
}

TEST_P(ShopArchiveContract, EndsWithTheErrorOfTheVisitor) {
  store(whole_shop());
  int visits = 0;
  const auto shop = open();
  const auto fail = [&](const auto&) -> Result<void> {
    ++visits;
    return failure(ErrorCode::StorageFull, "enough");
  };
  for (const auto& ended :
       {shop->each_order(Along::Key, fail), shop->each_product(fail), shop->each_stock_entry(fail),
        shop->each_payment(fail), shop->each_shipment(fail)}) {
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::StorageFull);
  }
  EXPECT_EQ(visits, 5);
}

TEST_P(ShopArchiveContract, ShowsTheMomentOfItsOpeningWhileTheShopIsServed) {
  store(whole_shop());
  const auto shop = open();
  const auto stores = serve();
  const auto create = [&](std::uint32_t number) {
    EXPECT_TRUE(run(stores->io, stores->orders().create(received(number), key(0x77))));
  };
  create(10);
  std::vector<OrderId> seen;
  ASSERT_TRUE(shop->each_order(Along::Key, [&](const ArchivedOrder& row) -> Result<void> {
    if (seen.empty()) {
      // While the scan is under way: an order is cancelled, stock arrives.
      const auto pending = run(stores->io, stores->orders().load(received(3)->id(), View::Latest));
      EXPECT_TRUE(run(stores->io,
                      stores->orders().commit((*pending)->version(),
                                              legal(cancelled(**pending, "mistaken", kStart)))));
      EXPECT_TRUE(run(stores->io, stores->products().put("Widget", {.name = "new"}, 99)));
      EXPECT_TRUE(run(stores->io, stores->products().put("zebra", {.name = "new"}, 1)));
    }
    seen.push_back(row.id);
    return {};
  }));
  EXPECT_EQ(seen.size(), whole_shop().orders.size());
  expect_equal(read(*shop), whole_shop());
  EXPECT_EQ(shop->check_keys([](const std::string&) {}).value(), 2);

  const auto later = open();
  EXPECT_EQ(ids(*later).size(), seen.size() + 1);
  EXPECT_EQ(read(*later).products.size(), 3U);
}

TEST_P(ShopArchiveContract, ImportsNothingWithoutACommit) {
  {
    const auto import = open_import();
    ASSERT_TRUE(add(*import, whole_shop()));
  }
  expect_equal(read(*open()), {});
  EXPECT_EQ(open()->check_keys([](const std::string&) {}).value(), 0);
  store(whole_shop());
  expect_equal(read(*open()), whole_shop());
}

TEST_P(ShopArchiveContract, ShowsNothingOfAnImportBeforeItsCommit) {
  store({});
  const auto import = open_import();
  ASSERT_TRUE(add(*import, whole_shop()));
  expect_equal(read(*open()), {});
  ASSERT_TRUE(import->commit());
  expect_equal(read(*open()), whole_shop());
}

TEST_P(ShopArchiveContract, RefusesWhatTheShopHas) {
  const Content content = whole_shop();
  store(content);
  EXPECT_EQ(refusal({.products = {content.products[1]}}).code, ErrorCode::Conflict);
  for (const auto& [order, idempotency] : content.orders) {
    EXPECT_EQ(refusal({.orders = {{order, std::nullopt}}}).code, ErrorCode::Conflict);
  }
  EXPECT_EQ(refusal({.orders = {{*received(3), key(9)}}}).code, ErrorCode::Conflict);
  EXPECT_EQ(refusal({.orders = {{*received(9), key(3)}}}).code, ErrorCode::Conflict);
  EXPECT_EQ(refusal({.payments = {{received(1)->id(), account(5)}}}).code, ErrorCode::Conflict);
  EXPECT_EQ(refusal({.shipments = {{received(1)->id(), 2}}}).code, ErrorCode::Conflict);
  expect_equal(read(*open()), content);
}

TEST_P(ShopArchiveContract, RefusesEffectsOfUnknownOrders) {
  EXPECT_EQ(refusal({.payments = {{received(1)->id(), account(5)}}}).code, ErrorCode::InvalidInput);
  EXPECT_EQ(refusal({.shipments = {{received(1)->id(), 1}}}).code, ErrorCode::InvalidInput);
}

TEST_P(ShopArchiveContract, AcceptsEffectsThatTheBooksHoldAlready) {
  const Content content = whole_shop();
  store(content);
  store({.payments = content.payments, .shipments = content.shipments});
  expect_equal(read(*open()), content);
}

TEST_P(ShopArchiveContract, ImportsIntoAShopThatHasOrders) {
  const Content content = whole_shop();
  store({.orders = {content.orders[4]}});
  store({.products = content.products, .orders = {content.orders[0], content.orders[2]}});
  EXPECT_THAT(ids(*open()), ElementsAre(content.orders[0].first.id(), content.orders[2].first.id(),
                                        content.orders[4].first.id()));
}

TEST_P(ShopArchiveContract, DoesNotImportIntoAShopThatIsServed) {
  auto stores = serve();
  EXPECT_FALSE(archives().open_import());
  stores.reset();
  EXPECT_TRUE(archives().open_import());
}

TEST_P(ShopArchiveContract, GoesOnWithWhatWasImported) {
  store(whole_shop());
  const auto stores = serve();
  const auto again = run(stores->io, stores->orders().create(received(20), key(3)));
  EXPECT_EQ(again->outcome, CreateOutcome::Replayed);
  EXPECT_EQ(again->order->id(), received(3)->id());
  const auto parked = run(stores->io, stores->orders().parked(10));
  ASSERT_EQ(parked->size(), 1U);
  const Order& waiting = *parked->front();
  EXPECT_EQ(
      *run(stores->io, stores->orders().commit(waiting.version(), legal(retried(waiting, kStart)))),
      CommitOutcome::Committed);
  const OrderPtr authorized_one =
      *run(stores->io, stores->orders().load(received(2)->id(), View::Latest));
  EXPECT_EQ(*run(stores->io, stores->orders().commit(
                                 authorized_one->version(),
                                 legal(stock_reserved(*authorized_one, {{"Widget", 2}}, kStart)))),
            CommitOutcome::Committed);
  EXPECT_EQ(run(stores->io, stores->products().get("Widget"))->stock, (Stock{6, 2, 2, 10}));
}

}  // namespace
}  // namespace orderflow
