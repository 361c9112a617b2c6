#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "support/stored_shop.h"
#include "tools/audit.h"
#include "tools/transfer.h"

// A shop whose rows an orderflow of schema 1 wrote, as JSON.
namespace orderflow {
namespace {

std::string exported(const std::filesystem::path& data) {
  std::ostringstream out;
  const auto summary = export_shop(data, out);
  EXPECT_TRUE(summary) << summary.error().detail;
  return out.str();
}

void expect_clean(const std::filesystem::path& data) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(data, out), 0) << out.str();
}

std::int64_t count(const std::filesystem::path& data, std::string_view rows) {
  sqlite::Connection db(data / "orderflow.db", {.read_only = true});
  auto count = db.prepare("SELECT count(*) FROM " + std::string(rows));
  count.step();
  return count.integer(0);
}

std::int64_t rows_of_text(const std::filesystem::path& data) {
  return count(data,
               "bodies b JOIN orders o USING (seq) "
               "WHERE typeof(b.body) = 'text' AND typeof(o.state) = 'text'");
}

std::int64_t copied_bodies(const std::filesystem::path& data) {
  return count(data, "orders WHERE body NOT NULL");
}

TEST(OlderShop, IsAuditedAndExportedAsItIs) {
  const StoredShop shop;
  const std::string text = exported(shop.data());
  EXPECT_EQ(rows_of_text(shop.data()), 0);
  write_as_json(shop.data());
  ASSERT_EQ(rows_of_text(shop.data()), std::ssize(shop.ids));
  expect_clean(shop.data());
  EXPECT_EQ(exported(shop.data()), text);
  EXPECT_EQ(rows_of_text(shop.data()), std::ssize(shop.ids));
}

TEST(OlderShop, IsReadAsItWasWhileAServiceBringsItUpToDate) {
  const StoredShop shop;
  write_as_json(shop.data());
  auto snapshot = ShopSnapshot::open(shop.data());
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  {
    OpenShop open(shop.data());
    open.drive(shop.ids.at("pending"));
  }
  ASSERT_EQ(copied_bodies(shop.data()), 1);
  std::map<OrderId, Status> seen;
  OrderScan scan(snapshot->shop());
  while (auto row = scan.next()) {
    ASSERT_TRUE(row->order) << row->order.error().detail;
    EXPECT_FALSE(row->copy_differs);
    seen[row->order->id()] = row->order->state.status;
  }
  EXPECT_EQ(seen.size(), shop.ids.size());
  EXPECT_EQ(seen.at(shop.ids.at("pending")), Status::Pending);
}

TEST(OlderShop, IsLoadedAndListed) {
  const StoredShop shop;
  const StoredShop older;
  write_as_json(older.data());
  OpenShop expected(shop.data());
  OpenShop open(older.data());
  for (const auto& [name, id] : shop.ids) {
    EXPECT_EQ(*open.load(id)->body, *expected.load(id)->body) << name;
    EXPECT_EQ(open.load(id)->state, expected.load(id)->state) << name;
  }
  const auto ids_in = [](OpenShop& in, const OrderQuery& query) {
    std::vector<OrderId> ids;
    const auto page = in.run(in.orders().list(query));
    for (const OrderPtr& order : page->orders) ids.push_back(order->id());
    return ids;
  };
  for (const OrderQuery& query :
       {OrderQuery{.limit = 100}, OrderQuery{.status = Status::Cancelled, .limit = 100},
        OrderQuery{.customer_email = "jörg@example.com", .limit = 100}}) {
    const auto ids = ids_in(open, query);
    EXPECT_GT(ids.size(), 1U);
    EXPECT_EQ(ids, ids_in(expected, query));
  }
  EXPECT_EQ(open.run(open.orders().parked(10))->size(), 1U);
}

TEST(OlderShop, GoesOnAndAuditsClean) {
  const StoredShop shop;
  write_as_json(shop.data());
  {
    OpenShop open(shop.data());
    for (const char* name : {"pending", "authorized", "reserved", "of another version"}) {
      open.drive(shop.ids.at(name));
      EXPECT_EQ(open.load(shop.ids.at(name))->state.status, Status::Shipped) << name;
    }
    open.drive(open.submit({"pear"}));
    Idempotency key;
    key.key.fill(0x0a);
    key.fingerprint.fill(0xf0);
    EXPECT_EQ(open.submit({"pear"}, "pm_card_visa", key), shop.ids.at("pending"));
  }
  EXPECT_EQ(rows_of_text(shop.data()), std::ssize(shop.ids) - 4) << "those that did not change";
  EXPECT_EQ(copied_bodies(shop.data()), 5) << "those that came to their end";
  expect_clean(shop.data());
  const TemporaryFolder other;
  std::istringstream text(exported(shop.data()));
  ASSERT_TRUE(import_shop(other.path(), text));
  EXPECT_EQ(rows_of_text(other.path()), 0);
  EXPECT_EQ(exported(other.path()), text.str());
  for (const auto& [name, id] : shop.ids) {
    EXPECT_EQ(*OpenShop(other.path()).load(id)->body, *OpenShop(shop.data()).load(id)->body)
        << name;
  }
}

}  // namespace
}  // namespace orderflow
