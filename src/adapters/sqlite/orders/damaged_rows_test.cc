#include <gmock/gmock.h>

#include "support/stored_shop.h"

// A shop with damaged rows goes on: what does not read is left out and named.
namespace orderflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DamagedRows : public testing::Test {
 protected:
  void execute(const std::string& sql) {
    sqlite::SqliteConnection(shop_.data() / "orderflow.db", {}).execute(sql.c_str());
  }
  std::string seq(const char* order) {
    sqlite::SqliteConnection db(shop_.data() / "orderflow.db", {});
    return std::to_string(sqlite::OrderReader(db).find_seq(shop_.ids.at(order)).value());
  }
  void open() {
    database_ = sqlite::ShopDatabase::open(io_.get_executor(), shop_.data()).value();
    orders_.emplace(*database_);
    products_.emplace(*database_, clock_);
    orders_->notify_unreadable([this](const std::string& id) { unreadable_.push_back(id); });
    products_->notify_unreadable([this](const std::string& sku) { unreadable_.push_back(sku); });
  }
  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io_, std::move(task));
  }

  StoredShop shop_;
  boost::asio::io_context io_{1};
  TestClock clock_;
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::optional<SqliteOrderStore> orders_;
  std::optional<SqliteProductStore> products_;
  std::vector<std::string> unreadable_;
};

TEST_F(DamagedRows, ListsLeaveOutAnOrderThatDoesNotReadAndNameIt) {
  execute("UPDATE bodies SET body = x'ff' WHERE seq = " + seq("pending"));
  execute("UPDATE orders SET state = x'ff' WHERE seq = " + seq("parked"));
  open();
  const auto page = run(orders_->list({.limit = 100}));
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(page->orders.size(), shop_.ids.size() - 2);
  EXPECT_THAT(unreadable_, testing::UnorderedElementsAre(shop_.ids.at("parked").to_string(),
                                                         shop_.ids.at("pending").to_string()));
  unreadable_.clear();
  const auto parked = run(orders_->parked(100, ""));
  ASSERT_TRUE(parked) << parked.error().detail;
  EXPECT_THAT(parked->orders, IsEmpty());
  EXPECT_THAT(unreadable_, ElementsAre(shop_.ids.at("parked").to_string()));
}

TEST_F(DamagedRows, TheCatalogueLeavesOutAProductThatDoesNotReadAndPagesGoOnBehindIt) {
  for (const char* damage : {"currency = 'XXX'", "price = -1"}) {
    execute(std::string("UPDATE products SET ") + damage + " WHERE sku = 'apple'");
    open();
    const auto first = run(products_->list(1, ""));
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_THAT(first->products, IsEmpty());
    EXPECT_THAT(unreadable_, ElementsAre("apple"));
    const auto second = run(products_->list(1, first->next_cursor));
    ASSERT_TRUE(second) << second.error().detail;
    ASSERT_EQ(second->products.size(), 1U);
    EXPECT_EQ(second->products[0].sku, "pear");
    EXPECT_EQ(run(products_->get("apple")).error().code, ErrorCode::Corrupt);
    unreadable_.clear();
    orders_.reset();
    products_.reset();
    database_.reset();
    execute("UPDATE products SET currency = 'USD', price = 1000");
  }
}

TEST_F(DamagedRows, AKeyOfAnImpossibleTimeIsNoKey) {
  execute(
      "INSERT INTO idempotency VALUES (1099511627776, x'00112233445566778899aabbccddeeff', "
      "x'00', 1, 1)");
  OpenShop open(shop_.data());
  Idempotency key;
  key.key.fill(0x77);
  EXPECT_NE(open.submit({"pear"}, "pm_card_visa", key), OrderId());
}

/// Parks instead of ending the process, whichever commit it is that finds the stock gone.
TEST_F(DamagedRows, AnOrderWhoseReservedStockIsGoneIsParked) {
  execute("DELETE FROM products WHERE sku = 'apple'");
  OpenShop open(shop_.data());
  const OrderId id = shop_.ids.at("reserved");
  OrderPtr order;
  for (int i = 0; i < 3; ++i) {  // the first shipment is answered before it is stored
    open.drive(id);
    open.put_product("pear", 100);  // the writer has done all that was before
    order = *open.run(open.orders().load(id, View::Durable));
  }
  ASSERT_TRUE(order->state.attention) << to_string(order->state.status);
  EXPECT_EQ(order->state.attention->reason,
            "corrupt: less of apple is reserved than the order holds");
}

}  // namespace
}  // namespace orderflow
