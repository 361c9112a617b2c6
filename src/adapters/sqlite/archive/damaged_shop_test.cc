#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <sstream>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/sqlite/orders/order_reader.h"
#include "base/hex.h"
#include "support/stored_shop.h"
#include "tools/audit.h"

// The audit of a shop whose rows were damaged behind its back.
namespace orderflow {
namespace {

std::set<std::string> violated(const AuditReport& report) {
  std::set<std::string> names;
  for (const CheckResult& check : report.checks()) {
    if (check.violations > 0) names.insert(check.name);
  }
  return names;
}

std::string text_of(const std::filesystem::path& data) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(sqlite::SqliteShopArchive::open(data), out), 1);
  return out.str();
}

TEST(DamagedShop, NamesTheOrderAndCapsWhatItPrints) {
  const StoredShop shop;
  {
    OpenShop open(shop.data());
    for (int i = 0; i < 30; ++i) open.submit({"pear"});
  }
  sqlite::SqliteConnection(shop.data() / "orderflow.db", {})
      .execute("UPDATE orders SET version = 7 WHERE version = 1");
  const std::string text = text_of(shop.data());
  EXPECT_NE(text.find("32 VIOLATED"), std::string::npos) << text;
  EXPECT_NE(text.find("order " + shop.ids.at("pending").to_string() + ": version 7, but 1 events"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("T1  and 12 more\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("audit: 32 violations\n")) << text;
}

struct ShopDamage {
  const char* name;
  const char* order;
  const char* file;
  const char* sql;  ///< the order's $SEQ and $ID are put in
  std::set<std::string> found;
  std::function<void(OrderState&)> state = {};  ///< damages the packed state as well
};
void PrintTo(const ShopDamage& damage, std::ostream* out) { *out << damage.name; }

class DamagedShop : public testing::TestWithParam<ShopDamage> {};

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at; (at = text.find(what)) != std::string::npos;) {
    text.replace(at, what.size(), by);
  }
}

void damage_state(sqlite::SqliteConnection& db, const OrderId& id,
                  const std::function<void(OrderState&)>& damage) {
  OrderState state = (*sqlite::OrderReader(db).load(id))->state;
  damage(state);
  const std::string packed = sqlite::pack_state(state);
  auto update = db.prepare("UPDATE orders SET state = ?2 WHERE seq = ?1");
  update.bind(1, sqlite::seq_of(id)).bind_blob(2, packed).run();
}

TEST_P(DamagedShop, IsFoundByItsCheck) {
  const StoredShop shop;
  const OrderId& id = shop.ids.at(GetParam().order);
  std::string sql = GetParam().sql;
  replace(sql, "$SEQ", std::to_string(sqlite::seq_of(id)));
  replace(sql, "$ID", "x'" + to_hex(id.bytes()) + "'");
  {
    sqlite::SqliteConnection db(shop.data() / GetParam().file, {});
    db.execute("PRAGMA ignore_check_constraints = 1");
    db.execute(sql.c_str());
    if (GetParam().state) damage_state(db, id, GetParam().state);
  }
  const auto report = audit(**sqlite::SqliteShopArchive::open(shop.data()));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(violated(*report), GetParam().found) << text_of(shop.data());
}

constexpr const char* kShop = "orderflow.db";
constexpr const char* kBooks = "simulated.db";

#define REPLACE_ENTRY(was, is) \
  "UPDATE payments SET entries = replace(entries, '" was "', '" is "') WHERE order_id = $ID"

// Event 1 of a shipped order is its authorization, 4 its capture, 5 the shipment. Most damage to
// money shows against the provider's books (M5) as well.
INSTANTIATE_TEST_SUITE_P(
    All, DamagedShop,
    testing::Values(
        ShopDamage{"M1",
                   "shipped",
                   kShop,
                   "",
                   {"M1", "M5"},
                   [](OrderState& s) { s.events[1].amount = 5999; }},
        ShopDamage{"M3",
                   "shipped",
                   kShop,
                   "",
                   {"M3", "M5"},
                   [](OrderState& s) { s.events[4].amount = 5999; }},
        ShopDamage{"M3_Books",
                   "shipped",
                   kBooks,
                   REPLACE_ENTRY("capture:1 6000 ok", "capture:1 6000 no"),
                   {"M3", "M5"}},
        ShopDamage{"M4",
                   "sold out",
                   kShop,
                   "",
                   {"M4", "M5"},
                   [](OrderState& s) { s.events[3].amount = 1; }},
        ShopDamage{
            "M5_NotVoided", "cancelled", kBooks, REPLACE_ENTRY("void:1", "refund:1"), {"M5"}},
        ShopDamage{"M5_NotAuthorized",
                   "authorized",
                   kBooks,
                   "DELETE FROM payments WHERE order_id = $ID",
                   {"M5"}},
        ShopDamage{"M5_Unreadable", "shipped", kBooks, REPLACE_ENTRY("capture:1", ""), {"M5"}},
        ShopDamage{"M5_Currency",
                   "shipped",
                   kBooks,
                   "UPDATE payments SET currency = 'JPY' WHERE order_id = $ID",
                   {"M5"}},
        ShopDamage{"S1_Reserved",
                   "shipped",
                   kShop,
                   "UPDATE products SET available = available - 1, reserved = reserved + 1 "
                   "WHERE sku = 'pear'",
                   {"S1"}},
        ShopDamage{"S1_Received",
                   "shipped",
                   kShop,
                   "UPDATE products SET available = available + 1 WHERE sku = 'pear'",
                   {"S1"}},
        ShopDamage{
            "S1_Ledger", "shipped", kShop, "DELETE FROM stock_ledger WHERE sku = 'pear'", {"S1"}},
        ShopDamage{"S1_Negative",
                   "shipped",
                   kShop,
                   "UPDATE products SET available = -1, received = reserved + shipped - 1;"
                   "UPDATE stock_ledger SET quantity = (SELECT received FROM products p "
                   "WHERE p.sku = stock_ledger.sku)",
                   {"S1"}},
        ShopDamage{"S1_LedgerOfNoProduct",
                   "shipped",
                   kShop,
                   "INSERT INTO stock_ledger (sku, at, quantity, reason) VALUES ('fig', 1, 1, '')",
                   {"S1"}},
        ShopDamage{
            "S1_NoProduct", "shipped", kShop, "DELETE FROM products WHERE sku = 'apple'", {"S1"}},
        ShopDamage{"S1_Timeline",
                   "reserved",
                   kShop,
                   "",
                   {"S1"},
                   [](OrderState& s) { s.events[2].stock[0].quantity = 3; }},
        ShopDamage{"T1_Version",
                   "shipped",
                   kShop,
                   "UPDATE orders SET version = 7 WHERE seq = $SEQ",
                   {"T1"}},
        ShopDamage{"T1_Status",
                   "shipped",
                   kShop,
                   "",
                   {"T1"},
                   [](OrderState& s) { s.status = Status::Fulfilling; }},
        ShopDamage{"T1_Step",
                   "shipped",
                   kShop,
                   "",
                   {"T1"},
                   [](OrderState& s) { s.events[3].type = EventType::PaymentDeclined; }},
        ShopDamage{"T1_PaymentStatus",
                   "shipped",
                   kShop,
                   "",
                   {"T1"},
                   [](OrderState& s) { s.payment_status = PaymentStatus::Authorized; }},
        ShopDamage{"E1_Shipments",
                   "shipped",
                   kBooks,
                   "DELETE FROM shipments WHERE order_id = $ID",
                   {"E1"}},
        ShopDamage{"E1_ShippedTooEarly",
                   "reserved",
                   kBooks,
                   "INSERT INTO shipments VALUES ($ID, 1)",
                   {"E1", "M3"}},
        ShopDamage{"E1_Attempt",
                   "shipped",
                   kBooks,
                   "UPDATE shipments SET attempt = 2 WHERE order_id = $ID",
                   {"E1"}},
        ShopDamage{"E1_Tracking",
                   "shipped",
                   kShop,
                   "",
                   {"E1"},
                   [](OrderState& s) { s.tracking_number = "SIM1"; }},
        ShopDamage{"E1_Twice",
                   "declined",
                   kBooks,
                   "UPDATE payments SET entries = entries || entries WHERE order_id = $ID",
                   {"E1"}},
        ShopDamage{"E1_Stranger",
                   "shipped",
                   kBooks,
                   "INSERT INTO shipments VALUES (x'0198c2f01a2b7c3d8e4f5a6b7c8d9e00', 1)",
                   {"E1"}},
        ShopDamage{
            "L1", "pending", kShop, "UPDATE orders SET due_at = NULL WHERE seq = $SEQ", {"L1"}},
        ShopDamage{"L1_State",
                   "pending",
                   kShop,
                   "UPDATE orders SET due_at = NULL WHERE seq = $SEQ",
                   {"L1"},
                   [](OrderState& s) { s.due_at.reset(); }},
        ShopDamage{"I1", "pending", kShop, "UPDATE idempotency SET seq = 1", {"I1"}},
        ShopDamage{"D1_NoState", "pending", kShop, "DELETE FROM orders WHERE seq = $SEQ", {"D1"}},
        ShopDamage{"D1_NoBody",
                   "cancelled early",
                   kShop,
                   "DELETE FROM bodies WHERE seq = $SEQ",
                   {"D1", "E1"}},
        ShopDamage{"D1_Unreadable",
                   "pending",
                   kShop,
                   "UPDATE bodies SET body = '{' WHERE seq = $SEQ",
                   {"D1"}},
        ShopDamage{"D1_NoId", "pending", kShop, "DELETE FROM id_alias", {"D1"}},
        ShopDamage{"D1_Customer",
                   "pending",
                   kShop,
                   "UPDATE bodies SET customer = 1 WHERE seq = $SEQ",
                   {"D1"}},
        ShopDamage{"D1_CopiedBody",
                   "shipped",
                   kShop,
                   "UPDATE orders SET body = (SELECT body FROM bodies WHERE seq <> $SEQ) "
                   "WHERE seq = $SEQ",
                   {"D1"}},
        ShopDamage{"D1_CopiedId",
                   "cancelled",
                   kShop,
                   "UPDATE orders SET tail = tail + 1 WHERE seq = $SEQ",
                   {"D1"}},
        ShopDamage{
            "D1_Listed", "shipped", kShop, "UPDATE orders SET listed = 1 WHERE seq = $SEQ", {"D1"}},
        ShopDamage{"D1_Counts",
                   "shipped",
                   kShop,
                   "UPDATE order_counts SET n = n + 1 WHERE status = 4",
                   {"D1"}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace orderflow
