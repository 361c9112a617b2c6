// What every ShopArchive and ShopImport promises, beside what the tests of the commands show
// (tools/export_import_test.cc, damaged_shop_test.cc).
#include <gmock/gmock.h>

#include "contract/adapters.h"
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

/// Orders with and without keys, one of them with an id that orderflow did not make.
Content whole_shop() {
  const Order authorized_one = next(authorized(*received(2), 1, kStart));
  OrderBody foreign = body(5);
  foreign.id = *OrderId::parse("00000000-0000-4000-8000-000000000001");
  return {.products = {{"Widget", "A \"widget\"", 2999, Currency::usd(), {8, 0, 2, 10}},
                       {"yen", "¥", 5, *Currency::from_code("JPY"), {}}},
          .stock_entries = {{"Widget", kStart, 12, "count set"},
                            {"Widget", kStart + Duration(1), -2, "broken", key(7).key}},
          .orders = {{shipped(received(1)), key(1)},
                     {authorized_one, std::nullopt},
                     {*received(3), key(3)},
                     {*received(foreign), std::nullopt}},
          .payments = {{received(1)->id(), account(5998)}, {authorized_one.id(), account(1)}},
          .shipments = {{received(1)->id(), 1}}};
}

Result<void> add(ShopImport& import, const Content& content) {
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

/// What `shop` holds is `expected`.
void expect_equal(ShopArchive& shop, const Content& expected) {
  Content read;
  const auto push_to = [](auto& list) {
    return [&list](auto item) -> Result<void> {
      list.push_back(std::move(item));
      return {};
    };
  };
  std::vector<ArchivedOrder> orders;
  std::vector<ArchivedPayment> payments;
  std::vector<ArchivedProduct> products;
  EXPECT_TRUE(shop.each_product(push_to(products)));
  for (const auto& [sku, product] : products) read.products.push_back(*product);
  EXPECT_TRUE(shop.each_stock_entry(push_to(read.stock_entries)));
  EXPECT_TRUE(shop.each_order(Along::KeyAndBooks, push_to(orders)));
  EXPECT_TRUE(shop.each_payment(push_to(payments)));
  EXPECT_TRUE(shop.each_shipment(push_to(read.shipments)));
  for (const auto& [order, account] : payments) read.payments.emplace_back(order, *account);
  EXPECT_EQ(read.products, expected.products);
  EXPECT_EQ(read.stock_entries, expected.stock_entries);
  EXPECT_EQ(read.payments, expected.payments);
  EXPECT_EQ(read.shipments, expected.shipments);
  ASSERT_EQ(orders.size(), expected.orders.size());
  for (std::size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(orders[i].id, expected.orders[i].first.id()) << i;
    EXPECT_EQ(*orders[i].order->body, *expected.orders[i].first.body) << i;
    EXPECT_EQ(orders[i].order->state, expected.orders[i].first.state) << i;
    EXPECT_EQ(orders[i].idempotency, expected.orders[i].second) << i;
    EXPECT_THAT(orders[i].differences, IsEmpty()) << i;
  }
}

class ShopArchiveContract : public Contract<Archives> {
 protected:
  std::unique_ptr<ShopArchive> open() { return harness_->open().value(); }
  std::unique_ptr<ShopImport> open_import() { return harness_->open_import().value(); }

  void store(const Content& content) {
    const auto import = open_import();
    const auto added = add(*import, content);
    ASSERT_TRUE(added) << added.error().detail;
    ASSERT_TRUE(import->commit());
  }

  void expect_refused(const Content& content, ErrorCode code = ErrorCode::Conflict) {
    const auto added = add(*open_import(), content);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, code);
  }
};

INSTANTIATE_TEST_SUITE_P(Archives, ShopArchiveContract, testing::ValuesIn(archives_adapters()),
                         kAdapterName);

TEST_P(ShopArchiveContract, IsNotThereWhereThereIsNoShop) {
  EXPECT_EQ(harness_->open().error().code, ErrorCode::NotFound);
}

TEST_P(ShopArchiveContract, FindsNothingInItsOwnFiles) {
  store(whole_shop());
  const auto found = [](const std::string& what) { ADD_FAILURE() << what; };
  EXPECT_GE(open()->check_files(found).value(), 0);
  EXPECT_EQ(open()->check_keys(found).value(), 2);
  EXPECT_TRUE(open()->check_remains(found));
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
       {shop->each_order(Along::KeyAndBooks, fail), shop->each_product(fail),
        shop->each_stock_entry(fail), shop->each_payment(fail), shop->each_shipment(fail)}) {
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::StorageFull);
  }
  EXPECT_EQ(visits, 5);
}

TEST_P(ShopArchiveContract, ShowsTheMomentOfItsOpeningWhileTheShopIsServed) {
  Content content = whole_shop();
  store(content);
  const auto shop = open();
  const auto stores = harness_->serve();
  const auto run = [&](auto task) { return orderflow::run(stores->io, std::move(task)).value(); };
  run(stores->orders().create(received(10), key(0x77)));
  int seen = 0;
  ASSERT_TRUE(shop->each_order(Along::KeyAndBooks, [&](const ArchivedOrder&) -> Result<void> {
    if (seen++ == 0) {  // while the scan is under way
      const OrderPtr pending = run(stores->orders().load(received(3)->id(), View::Latest));
      run(stores->orders().commit(pending->version(),
                                  legal(cancelled(*pending, "mistaken", kStart))));
      run(stores->products().put("Widget", {.name = "new"}, 99, {}));
      run(stores->products().put("zebra", {.name = "new"}, 1, {}));
    }
    return {};
  }));
  EXPECT_EQ(seen, std::ssize(content.orders));
  expect_equal(*shop, content);
  EXPECT_EQ(shop->check_keys([](const std::string&) {}).value(), 2);

  int products = 0;
  ASSERT_TRUE(open()->each_product([&](const ArchivedProduct&) -> Result<void> {
    ++products;
    return {};
  }));
  EXPECT_EQ(products, 3);
  EXPECT_EQ(open()->check_keys([](const std::string&) {}).value(), 3);
}

TEST_P(ShopArchiveContract, ShowsNothingOfAnImportBeforeItsCommitOrWithoutOne) {
  store({});
  {
    const auto import = open_import();
    ASSERT_TRUE(add(*import, whole_shop()));
    expect_equal(*open(), {});
  }
  expect_equal(*open(), {});
  EXPECT_EQ(open()->check_keys([](const std::string&) {}).value(), 0);
  store(whole_shop());
  expect_equal(*open(), whole_shop());
}

TEST_P(ShopArchiveContract, RefusesWhatTheShopHas) {
  const Content content = whole_shop();
  store(content);
  expect_refused({.products = {content.products[1]}});
  for (const auto& [order, idempotency] : content.orders) {
    expect_refused({.orders = {{order, std::nullopt}}});
  }
  expect_refused({.stock_entries = {{"Widget", kStart, 1, "again", key(7).key}}});
  expect_refused({.orders = {{*received(3), key(9)}}});
  expect_refused({.orders = {{*received(9), key(3)}}});
  expect_refused({.payments = {{received(1)->id(), account(5)}}});
  expect_refused({.shipments = {{received(1)->id(), 2}}});
  expect_equal(*open(), content);
}

TEST_P(ShopArchiveContract, RefusesEffectsOfUnknownOrders) {
  expect_refused({.payments = {{received(1)->id(), account(5)}}}, ErrorCode::InvalidInput);
  expect_refused({.shipments = {{received(1)->id(), 1}}}, ErrorCode::InvalidInput);
}

TEST_P(ShopArchiveContract, AcceptsEffectsThatTheBooksHoldAlready) {
  const Content content = whole_shop();
  store(content);
  store({.payments = content.payments, .shipments = content.shipments});
  expect_equal(*open(), content);
}

TEST_P(ShopArchiveContract, ImportsOrdersBetweenThoseThatTheShopHas) {
  const auto& orders = whole_shop().orders;
  store({.orders = {orders[1], orders[3]}});
  store({.orders = {orders[0], orders[2]}});
  expect_equal(*open(), {.orders = orders});
}

TEST_P(ShopArchiveContract, AnImportedKeyAnswersWithItsOrder) {
  store(whole_shop());
  const auto stores = harness_->serve();
  const auto creation = orderflow::run(stores->io, stores->orders().create(received(9), key(1)));
  ASSERT_TRUE(creation);
  EXPECT_EQ(creation->outcome, CreateOutcome::Replayed);
  ASSERT_NE(creation->order, nullptr);
  EXPECT_EQ(creation->order->id(), received(1)->id());
}

}  // namespace
}  // namespace orderflow
