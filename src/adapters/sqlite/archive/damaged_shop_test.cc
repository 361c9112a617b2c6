#include <gtest/gtest.h>

#include <boost/algorithm/string/replace.hpp>
#include <functional>
#include <sstream>
#include <vector>

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

/// The names of the checks that found something: "M3 E1".
std::string violated(const AuditReport& report) {
  std::string names;
  for (const CheckResult& check : report.checks()) {
    if (check.violations > 0) names += (names.empty() ? "" : " ") + std::string(check.name);
  }
  return names;
}

std::string text_of(const std::filesystem::path& data) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(sqlite::open_shop_archive(data), out), 1);
  return out.str();
}

TEST(DamagedShop, NamesTheOrderAndCapsWhatItPrints) {
  const StoredShop shop;
  std::vector<OrderId> more;
  {
    OpenShop open(shop.data());
    for (int i = 0; i < 30; ++i) more.push_back(open.submit({"pear"}));
  }
  sqlite::SqliteConnection(shop.data() / "orderflow.db", {})
      .execute("UPDATE orders SET version = 7 WHERE version = 1");
  const std::string text = text_of(shop.data());
  EXPECT_NE(text.find("32 VIOLATED"), std::string::npos) << text;
  EXPECT_NE(text.find("order " + more.front().to_string() + ": version 7, but 1 events"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("T1  and 12 more\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("audit: 32 violations\n")) << text;
}

struct ShopDamage {
  const char* name;
  const char* found;  ///< the checks that find it
  const char* order;
  const char* sql;  ///< on the shop and the books; the order's $SEQ and $ID are put in
  std::function<void(OrderState&)> state = {};  ///< damages the packed state as well
};

void PrintTo(const ShopDamage& damage, std::ostream* out) { *out << damage.name; }

class DamagedShop : public testing::TestWithParam<ShopDamage> {};

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
  boost::replace_all(sql, "$SEQ", std::to_string(sqlite::seq_of(id)));
  boost::replace_all(sql, "$ID", "x'" + to_hex(id.bytes()) + "'");
  {
    sqlite::SqliteConnection db(shop.data() / "orderflow.db", {});
    db.execute(("ATTACH '" + (shop.data() / "simulated.db").string() + "' AS books").c_str());
    db.execute("PRAGMA ignore_check_constraints = 1");
    db.execute(sql.c_str());
    if (GetParam().state) damage_state(db, id, GetParam().state);
  }
  const auto report = audit(**sqlite::open_shop_archive(shop.data()));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(violated(*report), GetParam().found) << text_of(shop.data());
}

#define UPDATE_ORDER(what) "UPDATE orders SET " what " WHERE seq = $SEQ"
#define UPDATE_PAYMENT(what) "UPDATE payments SET " what " WHERE order_id = $ID"
#define REPLACE_ENTRY(was, is) UPDATE_PAYMENT("entries = replace(entries, '" was "', '" is "')")

using State = OrderState&;

// Event 1 of a shipped order is its authorization, 4 its capture, 5 the shipment. Most damage to
// money shows against the provider's books (M5) as well.
const ShopDamage kDamages[] = {
    {"M1", "M1 M5", "shipped", "", [](State s) { s.events[1].amount = 5999; }},
    {"M3", "M3 M5", "shipped", "", [](State s) { s.events[4].amount = 5999; }},
    {"M3_Books", "M3 M5", "shipped", REPLACE_ENTRY("capture:1 6000 ok", "capture:1 6000 no")},
    {"M4", "M4 M5", "sold out", "", [](State s) { s.events[3].amount = 1; }},
    {"M5_NotVoided", "M5", "cancelled", REPLACE_ENTRY("void:1", "refund:1")},
    {"M5_NotAuthorized", "M5", "authorized", "DELETE FROM payments WHERE order_id = $ID"},
    {"M5_Unreadable", "M5", "shipped", REPLACE_ENTRY("capture:1", "")},
    {"M5_Currency", "M5", "shipped", UPDATE_PAYMENT("currency = 'JPY'")},
    {"S1_Reserved", "S1", "shipped",
     "UPDATE products SET available = available - 1, reserved = reserved + 1 WHERE sku = 'pear'"},
    {"S1_Received", "S1", "shipped",
     "UPDATE products SET available = available + 1 WHERE sku = 'pear'"},
    {"S1_Ledger", "S1", "shipped", "DELETE FROM stock_ledger WHERE sku = 'pear'"},
    {"S1_Negative", "S1", "shipped",
     "UPDATE products SET available = -1, received = reserved + shipped - 1;"
     "UPDATE stock_ledger SET quantity = (SELECT received FROM products p "
     "WHERE p.sku = stock_ledger.sku)"},
    {"S1_LedgerOfNoProduct", "S1", "shipped",
     "INSERT INTO stock_ledger (sku, at, quantity, reason) VALUES ('fig', 1, 1, '')"},
    {"S1_NoProduct", "S1", "shipped", "DELETE FROM products WHERE sku = 'apple'"},
    {"S1_Timeline", "S1", "reserved", "", [](State s) { s.events[2].stock[0].quantity = 3; }},
    {"T1_Version", "T1", "shipped", UPDATE_ORDER("version = 7")},
    {"T1_Status", "T1", "shipped", "", [](State s) { s.status = Status::Fulfilling; }},
    {"T1_Step", "T1", "shipped", "",
     [](State s) { s.events[3].type = EventType::PaymentDeclined; }},
    {"T1_PaymentStatus", "T1", "shipped", "",
     [](State s) { s.payment_status = PaymentStatus::Authorized; }},
    {"E1_Shipments", "E1", "shipped", "DELETE FROM shipments WHERE order_id = $ID"},
    {"E1_ShippedTooEarly", "M3 E1", "reserved", "INSERT INTO shipments VALUES ($ID, 1)"},
    {"E1_Attempt", "E1", "shipped", "UPDATE shipments SET attempt = 2 WHERE order_id = $ID"},
    {"E1_Tracking", "E1", "shipped", "", [](State s) { s.tracking_number = "SIM1"; }},
    {"E1_Twice", "E1", "declined", UPDATE_PAYMENT("entries = entries || entries")},
    {"E1_Stranger", "E1", "shipped",
     "INSERT INTO shipments VALUES (x'0198c2f01a2b7c3d8e4f5a6b7c8d9e00', 1)"},
    {"L1", "L1", "pending", UPDATE_ORDER("due_at = NULL")},
    {"L1_State", "L1", "pending", UPDATE_ORDER("due_at = NULL"), [](State s) { s.due_at.reset(); }},
    {"I1", "I1", "pending", "UPDATE idempotency SET seq = 1"},
    {"D1_NoState", "D1", "pending", "DELETE FROM orders WHERE seq = $SEQ"},
    {"D1_NoBody", "E1 D1", "cancelled early", "DELETE FROM bodies WHERE seq = $SEQ"},
    {"D1_Unreadable", "D1", "pending", "UPDATE bodies SET body = '{' WHERE seq = $SEQ"},
    {"D1_NoId", "D1", "pending", "DELETE FROM id_alias"},
    {"D1_Customer", "D1", "pending", "UPDATE bodies SET customer = 1 WHERE seq = $SEQ"},
    // As a version that took the time of the id for that of the order has left it behind.
    {"D1_Misplaced", "D1", "pending",
     "UPDATE bodies SET seq = seq + (1 << 30) WHERE seq = $SEQ;"
     "UPDATE orders SET seq = seq + (1 << 30) WHERE seq = $SEQ;"
     "UPDATE idempotency SET seq = seq + (1 << 30) WHERE seq = $SEQ"},
    {"D1_CopiedBody", "D1", "shipped",
     UPDATE_ORDER("body = (SELECT body FROM bodies WHERE seq <> $SEQ)")},
    {"D1_CopiedId", "D1", "cancelled", UPDATE_ORDER("tail = tail + 1")},
    {"D1_Listed", "D1", "shipped", UPDATE_ORDER("listed = 1")},
    {"D1_Counts", "D1", "shipped", "UPDATE order_counts SET n = n + 1 WHERE status = 4"},
};
INSTANTIATE_TEST_SUITE_P(All, DamagedShop, testing::ValuesIn(kDamages),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace orderflow
