#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "adapters/system/system_ids.h"
#include "functions/order_admin.h"
#include "functions/order_submission.h"
#include "functions/take_step.h"
#include "order/rules/transitions.h"
#include "support/ports.h"
#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow {

/// The functions over the stores of a data folder.
class OpenShop {
 public:
  explicit OpenShop(const std::filesystem::path& data)
      : database_(opened(sqlite::ShopDatabase::open(io_.get_executor(), data))),
        books_(opened(SqliteSandboxBooks::open(io_.get_executor(), data / "simulated.db"))),
        ids_(database_->newest_at_open().value_or(OrderId{})),
        orders_(*database_),
        products_(*database_, clock_),
        gateway_(*books_),
        carrier_(*books_) {}

  /// Waits until everything is written.
  ~OpenShop() {
    io_.restart();
    io_.run();
  }
  OpenShop(const OpenShop&) = delete;
  OpenShop& operator=(const OpenShop&) = delete;

  void put_product(const std::string& sku, std::int64_t available) {
    EXPECT_TRUE(
        run(products_.put(sku, {sku + " \"deluxe\" \n", 1'000, Currency::usd()}, available, {})));
  }

  AdjustmentOutcome adjust(const std::string& sku, std::int64_t quantity, std::uint8_t key) {
    AdjustmentKey bytes;
    bytes.fill(key);
    return run(products_.adjust(sku, quantity, "broken", bytes)).value().outcome;
  }

  /// Two of each SKU.
  OrderId submit(std::vector<std::string> skus, std::string payment_method = "pm_card_visa",
                 std::optional<Idempotency> key = {}) {
    OrderDraft draft{.customer_email = "jörg@example.com", .payment_method = payment_method};
    for (const std::string& sku : skus) {
      draft.lines.push_back({.sku = sku, .name = sku, .price = 1000, .quantity = 2});
    }
    draft.metadata = {{"gift", "yes \u2764"}, {"note", "a \"b\"\n"}};
    draft.shipping_address =
        Address{.name = "J", .line1 = "1 Road", .city = "Bonn", .country = "DE"};
    auto result = run(submit_order(services_, std::move(draft), key));
    const auto* submission = result ? std::get_if<Submission>(&*result) : nullptr;
    if (submission == nullptr) throw std::runtime_error("not accepted");
    return submission->order->id();
  }

  /// Does what is due until the order has `status`, or, without one, until nothing is due.
  void drive(const OrderId& id, std::optional<Status> status = {}) {
    while (true) {
      const OrderPtr order = load(id);
      const auto step = due(order->state);
      if (!step || order->state.status == status) return;
      clock_.at = std::max(clock_.at, step->at);
      EXPECT_TRUE(run(take_step(services_, step->stage, id)));
    }
  }
  void cancel(const OrderId& id) { EXPECT_TRUE(run(cancel_order(services_, id, "mistaken"))); }
  OrderPtr load(const OrderId& id) { return *run(orders_.load(id, View::Latest)); }
  OrderStore& orders() { return orders_; }

  template <typename T>
  T run(Task<T> task) {
    return orderflow::run(io_, std::move(task));
  }

 private:
  template <typename T>
  static T opened(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return std::move(*result);
  }

  boost::asio::io_context io_{1};
  TestClock clock_{*parse_rfc3339("2026-01-02T03:04:05.678Z"), Duration(1)};
  TestQueue queue_;  // drive() does the work of its nudges
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::unique_ptr<SqliteSandboxBooks> books_;
  SystemIds ids_;
  SqliteOrderStore orders_;
  SqliteProductStore products_;
  SandboxGateway gateway_;
  SandboxCarrier carrier_;
  Services services_{orders_, products_, queue_, gateway_, carrier_, clock_, ids_};
};

using NamedOrders = std::map<std::string, OrderId>;

/// Fills a folder with orders at every place of the life of an order, by name.
inline NamedOrders store_orders(const std::filesystem::path& data) {
  NamedOrders ids;
  OpenShop shop(data);
  shop.put_product("apple", 9);
  shop.put_product("pear", 100);
  shop.put_product("plum", 5);
  EXPECT_EQ(shop.adjust("plum", -1, 0xb0), AdjustmentOutcome::Adjusted);
  const auto add = [&](const char* name, std::vector<std::string> skus, std::optional<Status> until,
                       std::string method = "pm_card_visa") {
    ids[name] = shop.submit(std::move(skus), std::move(method));
    shop.drive(ids[name], until);
  };
  add("shipped", {"apple", "pear", "made to order"}, {});
  add("declined", {"apple"}, {}, "pm_card_chargeDeclined");
  add("capture declined", {"apple"}, {}, "pm_sim_capture_declined");
  add("unknown after", {"pear"}, {}, "pm_sim_unknown_after");
  add("parked", {"pear"}, {}, "pm_sim_unknown_always");
  add("authorized", {"pear"}, Status::Authorized);
  add("reserved", {"apple", "apple"}, Status::Reserved);
  add("cancelled", {"apple", "pear"}, Status::Reserved);
  add("released", {"plum"}, Status::Reserved);
  shop.cancel(ids["released"]);
  shop.drive(ids["released"]);
  add("sold out", {"apple", "apple", "pear"}, {});
  add("to be voided", {"pear"}, Status::Authorized);
  shop.cancel(ids["to be voided"]);
  shop.cancel(ids["cancelled"]);
  shop.drive(ids["cancelled"]);
  add("cancelled early", {"pear"}, Status::Pending);
  shop.cancel(ids["cancelled early"]);
  shop.drive(ids["cancelled early"]);
  Idempotency key;
  key.key.fill(0x0a);
  key.fingerprint.fill(0xf0);
  ids["pending"] = shop.submit({"pear"}, "pm_card_visa", key);

  // An id that orderflow did not make.
  OrderBody body = *shop.load(ids["pending"])->body;
  body.id = *OrderId::parse("0198c2f0-1a2b-8c3d-8e4f-5a6b7c8d9e0f");
  ids["of another version"] = body.id;
  const auto order = std::make_shared<const Order>(receive(std::move(body)));
  EXPECT_TRUE(shop.run(shop.orders().create(order, {})));
  return ids;
}

/// A folder with those orders, for one test; closed.
struct StoredShop {
  StoredShop() {
    static const TemporaryFolder original;
    static const NamedOrders original_ids = store_orders(original.path());
    std::filesystem::copy(original.path(), folder.path());
    ids = original_ids;
  }

  [[nodiscard]] const std::filesystem::path& data() const { return folder.path(); }

  TemporaryFolder folder;
  NamedOrders ids;
};

}  // namespace orderflow
