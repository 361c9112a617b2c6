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
  EXPECT_NE(
      text.find("order " + more.front().to_string() + ": its version is 7, but its events count 1"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("T1  and 12 more\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("audit: 32 violations\n")) << text;
}

struct ShopDamage {
  const char* name;
  const char* found;  ///< the checks that find it
  const char* order;
  std::string sql;  ///< on the shop and the books; the order's $SEQ and $ID are put in
  std::function<void(OrderState&)> state = {};  ///< damages the packed state as well
  std::function<void(OrderBody&)> body = {};    ///< or the packed body
};

void PrintTo(const ShopDamage& damage, std::ostream* out) { *out << damage.name; }

void damage_rows(sqlite::SqliteConnection& db, const OrderId& id, const ShopDamage& damage) {
  Order order = *(*sqlite::OrderReader(db).load(id));
  if (damage.state) {
    damage.state(order.state);
    const std::string packed = sqlite::pack_state(order.state);
    auto update = db.prepare("UPDATE orders SET state = ?2 WHERE seq = ?1");
    update.bind(1, sqlite::seq_of(id)).bind_blob(2, packed).run();
  }
  if (damage.body) {
    OrderBody body = *order.body;
    damage.body(body);
    const std::string packed = sqlite::pack_body(body);
    auto update = db.prepare("UPDATE bodies SET body = ?2 WHERE seq = ?1");
    update.bind(1, sqlite::seq_of(id)).bind_blob(2, packed).run();
  }
}

void damage_shop(const StoredShop& shop, const ShopDamage& damage) {
  const OrderId& id = shop.ids.at(damage.order);
  std::string sql = damage.sql;
  boost::replace_all(sql, "$SEQ", std::to_string(sqlite::seq_of(id)));
  boost::replace_all(sql, "$ID", "x'" + to_hex(id.bytes()) + "'");
  sqlite::SqliteConnection db(shop.data() / "orderflow.db", {});
  db.execute(("ATTACH '" + (shop.data() / "simulated.db").string() + "' AS books").c_str());
  db.execute("PRAGMA ignore_check_constraints = 1");
  db.execute(sql.c_str());
  if (damage.state || damage.body) damage_rows(db, id, damage);
}

class DamagedShop : public testing::TestWithParam<ShopDamage> {};

TEST_P(DamagedShop, IsFoundByItsCheck) {
  const StoredShop shop;
  damage_shop(shop, GetParam());
  const auto report = audit(**sqlite::open_shop_archive(shop.data()));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(violated(*report), GetParam().found) << text_of(shop.data());
}

#define UPDATE_ORDER(what) "UPDATE orders SET " what " WHERE seq = $SEQ"
#define UPDATE_BODY(what) "UPDATE bodies SET " what " WHERE seq = $SEQ"
#define UPDATE_PAYMENT(what) "UPDATE payments SET " what " WHERE order_id = $ID"
#define UPDATE_PEAR(what) "UPDATE products SET " what " WHERE sku = 'pear'"
#define REPLACE_ENTRY(was, is) UPDATE_PAYMENT("entries = replace(entries, '" was "', '" is "')")
#define IN_SCHEMA(sql) "PRAGMA writable_schema = 1;" sql ";PRAGMA writable_schema = RESET;"

using State = OrderState&;
using Body = OrderBody&;

// Event 1 of a shipped order is its authorization, 4 its capture, 5 the shipment. Most damage to
// money shows against the provider's books (M5) as well.
const ShopDamage kDamages[] = {
    {"M1", "M1 M5", "shipped", "", [](State s) { s.events[1].amount = 5999; }},
    {"M3", "M3 M5", "shipped", "", [](State s) { s.events[4].amount = 5999; }},
    {"M3_Books", "M3 M5", "shipped", REPLACE_ENTRY("capture:1 6000 ok", "capture:1 6000 no")},
    {"M3_BooksEmpty", "M3 M5", "shipped", UPDATE_PAYMENT("entries = ''")},
    {"M3_BooksGone", "M3 M5", "shipped", "DELETE FROM payments"},
    {"M4", "M4 M5", "sold out", "", [](State s) { s.events[3].amount = 1; }},
    {"M5_NotVoided", "M5 E1", "cancelled", REPLACE_ENTRY("void:1", "refund:1")},
    {"M5_NotAuthorized", "M5", "authorized", "DELETE FROM payments WHERE order_id = $ID"},
    {"M5_Unreadable", "M5", "shipped", REPLACE_ENTRY("capture:1", "")},
    {"M5_Currency", "M5", "shipped", UPDATE_PAYMENT("currency = 'JPY'")},
    {"M5_PaymentMethod", "M5", "authorized", UPDATE_PAYMENT("payment_method = 'pm_other'")},
    {"M5_NoPaymentMethod", "M5", "shipped", UPDATE_PAYMENT("payment_method = ''")},
    {"M5_OtherAnswer", "M5", "declined", REPLACE_ENTRY("card_declined", "insufficient_funds")},
    {"M5_OtherReason", "M5", "declined", "",
     [](State s) { s.reason = s.events[1].detail = "insufficient_funds"; }},
    {"M5_AgainstItsRules", "M5", "shipped",
     UPDATE_PAYMENT("entries = 'capture:1 6000 ok' || char(10) || 'authorize:1 6000 ok' || "
                    "char(10)")},
    {"S1_Reserved", "S1", "shipped",
     UPDATE_PEAR("available = available - 1, reserved = reserved + 1")},
    {"S1_Received", "S1", "shipped", UPDATE_PEAR("available = available + 1")},
    {"S1_Ledger", "S1", "shipped", "DELETE FROM stock_ledger WHERE sku = 'pear'"},
    {"S1_Negative", "S1", "shipped",
     "UPDATE products SET available = -1, received = reserved + shipped - 1;"
     "UPDATE stock_ledger SET quantity = (SELECT received FROM products p "
     "WHERE p.sku = stock_ledger.sku)"},
    {"S1_TooMuch", "S1", "shipped",
     UPDATE_PEAR(
         "available = available + (1 << 41), received = received + (1 << 41)") ";"
                                                                               "UPDATE "
                                                                               "stock_ledger SET "
                                                                               "quantity = "
                                                                               "quantity + (1 << "
                                                                               "41) WHERE sku = "
                                                                               "'pear'"},
    {"S1_LedgerOfNoProduct", "S1", "shipped",
     "INSERT INTO stock_ledger (sku, at, quantity, reason) VALUES ('fig', 1, 1, 'found')"},
    {"S1_LedgerOfNothing", "S1", "shipped",
     "INSERT INTO stock_ledger (sku, at, quantity, reason) VALUES ('pear', 1, 0, 'found')"},
    {"S1_LedgerWithoutAReason", "S1", "shipped", "UPDATE stock_ledger SET reason = ' '"},
    {"S1_WrittenOffTooSoon", "S1", "shipped",
     "INSERT INTO stock_ledger (id, sku, at, quantity, reason) VALUES "
     "(-1, 'pear', 1, -5, 'broken'), (99, 'pear', 1, 5, 'found')"},
    {"S1_NoProduct", "S1", "shipped", "DELETE FROM products WHERE sku = 'apple'"},
    {"S1_NoProductNorLedger", "S1", "shipped",
     "DELETE FROM products WHERE sku = 'apple'; DELETE FROM stock_ledger WHERE sku = 'apple'"},
    {"S1_NoProductOfAReleasedOrder", "S1", "released",
     "DELETE FROM products WHERE sku = 'plum'; DELETE FROM stock_ledger WHERE sku = 'plum'"},
    {"S1_Timeline", "S1", "reserved", "", [](State s) { s.events[2].stock[0].quantity = 3; }},
    {"S1_PriceNegative", "S1", "shipped", UPDATE_PEAR("price = -1")},
    {"S1_PriceTooHigh", "S1", "shipped", UPDATE_PEAR("price = 1 << 50")},
    {"S1_Currency", "S1", "shipped", UPDATE_PEAR("currency = 'XXX'")},
    {"S1_NameEmpty", "S1", "shipped", UPDATE_PEAR("name = ''")},
    {"S1_NameTooLong", "S1", "shipped", UPDATE_PEAR("name = hex(zeroblob(200))")},
    {"T1_Version", "T1", "shipped", UPDATE_ORDER("version = 7")},
    {"T1_Found", "T1 D1", "shipped", UPDATE_ORDER("status = 3")},
    {"T1_NoStatus", "T1 D1", "shipped", UPDATE_ORDER("status = 99")},
    {"T1_Status", "T1", "shipped", "", [](State s) { s.status = Status::Fulfilling; }},
    {"T1_Step", "T1", "shipped", "",
     [](State s) { s.events[3].type = EventType::PaymentDeclined; }},
    {"T1_PaymentStatus", "T1", "shipped", "",
     [](State s) { s.payment_status = PaymentStatus::Authorized; }},
    {"T1_Backwards", "T1", "shipped", "", [](State s) { s.events[2].at -= std::chrono::hours(1); }},
    {"T1_CreatedAtAnotherTime",
     "T1 D1",
     "pending",
     "",
     {},
     [](Body b) { b.created_at += std::chrono::hours(1); }},
    {"T1_Tracking", "T1", "reserved", "", [](State s) { s.tracking_number = "SIM1"; }},
    {"T1_Carrier", "T1", "shipped", "", [](State s) { s.carrier.clear(); }},
    {"T1_Actor", "T1", "shipped", "", [](State s) { s.events[1].actor = Actor::OrderAdmin; }},
    {"T1_Amount", "T1", "reserved", "", [](State s) { s.events[2].amount = 1; }},
    {"T1_Detail", "T1", "shipped", "", [](State s) { s.events[5].detail = "lost"; }},
    {"T1_Since", "T1", "parked", "", [](State s) { s.attention->since += Duration(1); }},
    {"T1_Tries", "T1", "parked", "", [](State s) { s.tries = 1; }},
    {"E1_Shipments", "E1", "shipped", "DELETE FROM shipments WHERE order_id = $ID"},
    {"E1_ShippedTooEarly", "M3 E1", "reserved", "INSERT INTO shipments VALUES ($ID, 1)"},
    {"E1_Attempt", "E1", "shipped", "UPDATE shipments SET attempt = 2 WHERE order_id = $ID"},
    {"E1_Tracking", "E1", "shipped", "", [](State s) { s.tracking_number = "SIM1"; }},
    {"E1_Twice", "M5 E1", "declined", UPDATE_PAYMENT("entries = entries || entries")},
    {"E1_NotAskedFor", "E1", "shipped",
     UPDATE_PAYMENT("entries = entries || 'capture:2 6000 already_captured' || char(10)")},
    {"E1_Stranger", "E1", "shipped",
     "INSERT INTO shipments VALUES (x'0198c2f01a2b7c3d8e4f5a6b7c8d9e00', 1)"},
    {"E1_StrangersPayment", "E1", "shipped",
     "INSERT INTO payments VALUES (x'0198c2f01a2b7c3d8e4f5a6b7c8d9e00', 'USD', '', '')"},
    {"L1", "L1", "pending", UPDATE_ORDER("due_at = NULL")},
    {"L1_State", "L1", "pending", UPDATE_ORDER("due_at = NULL"), [](State s) { s.due_at.reset(); }},
    {"L1_Never", "L1", "pending", UPDATE_ORDER("due_at = due_at + 86400000"),
     [](State s) { *s.due_at += std::chrono::hours(24); }},
    {"I1", "I1", "pending", "UPDATE idempotency SET seq = 1"},
    {"I1_OfAnotherCustomer", "I1", "pending", "UPDATE idempotency SET customer = customer + 1"},
    {"I1_Two", "I1", "pending",
     "INSERT INTO idempotency SELECT bucket, fingerprint, key, seq, customer FROM idempotency"},
    {"D1_NoState", "D1", "pending", "DELETE FROM orders WHERE seq = $SEQ"},
    {"D1_NoBody", "E1 D1", "cancelled early", "DELETE FROM bodies WHERE seq = $SEQ"},
    {"D1_Unreadable", "D1", "pending", UPDATE_BODY("body = x'7b'")},
    {"D1_NoId", "D1", "pending", "DELETE FROM id_alias"},
    {"D1_IdOfNone", "D1", "pending",
     "INSERT INTO id_alias VALUES (x'0198c2f01a2b8c3d8e4f5a6b7c8d9e00', 5)"},
    {"D1_SecondId", "D1", "pending",
     "INSERT INTO id_alias VALUES (x'0198c2f01a2b8c3d8e4f5a6b7c8d9e00', $SEQ)"},
    {"D1_Customer", "I1 D1", "pending", UPDATE_BODY("customer = 1")},
    // As a version that took the time of the id for that of the order has left it behind.
    {"D1_Misplaced", "D1", "pending",
     "UPDATE bodies SET seq = seq + (1 << 30) WHERE seq = $SEQ;"
     "UPDATE orders SET seq = seq + (1 << 30) WHERE seq = $SEQ;"
     "UPDATE idempotency SET seq = seq + (1 << 30) WHERE seq = $SEQ"},
    {"D1_Email", "D1", "pending", "", {}, [](Body b) { b.customer_email = "nobody"; }},
    {"D1_Name", "D1", "pending", "", {}, [](Body b) { b.lines[0].name = " "; }},
    {"D1_Sku", "D1", "pending", "", {}, [](Body b) { b.lines[0].sku = ".."; }},
    {"D1_NotUtf8", "D1", "pending", "", {}, [](Body b) { b.lines[0].name = "\xff"; }},
    {"D1_Quantity", "D1", "pending", "", {}, [](Body b) { b.lines[0].quantity = 0; }},
    {"D1_NoLines", "D1", "pending", "", {}, [](Body b) { b.lines.clear(); }},
    {"D1_Country", "D1", "pending", "", {}, [](Body b) { b.shipping_address->country = "x"; }},
    {"D1_Metadata", "D1", "pending", "", {}, [](Body b) { b.metadata.push_back({"a", "z"}); }},
    {"D1_Method", "D1", "pending", "", {}, [](Body b) { b.payment_method = "a b"; }},
    {"D1_CopiedBody", "D1", "shipped",
     UPDATE_ORDER("body = (SELECT body FROM bodies WHERE seq <> $SEQ)")},
    {"D1_CopiedId", "D1", "cancelled", UPDATE_ORDER("tail = tail + 1")},
    {"D1_CopyLost", "D1", "shipped", UPDATE_ORDER("body = NULL, tail = NULL")},
    {"D1_CopiedTooSoon", "D1", "pending",
     UPDATE_ORDER("body = (SELECT b.body FROM bodies b WHERE b.seq = $SEQ)")},
    {"D1_Listed", "D1", "shipped", UPDATE_ORDER("listed = 1")},
    {"D1_ListedAsParked", "D1", "pending", UPDATE_ORDER("listed = 2")},
    {"D1_ListedNowhere", "D1", "pending", UPDATE_ORDER("listed = NULL")},
    {"D1_ListedElsewhere", "D1", "pending", UPDATE_ORDER("listed = 99")},
    {"D1_Counts", "D1", "shipped", "UPDATE order_counts SET n = n + 1 WHERE status = 4"},
    {"D1_NoCounts", "D1", "shipped", "DELETE FROM order_counts"},
    {"F1_Counts", "F1", "shipped", "INSERT INTO order_counts VALUES (55, 1)"},
    {"F1_VersionIsText", "T1 F1", "shipped", UPDATE_ORDER("version = 'x'")},
    {"F1_StatusIsReal", "F1", "shipped", UPDATE_ORDER("status = 4.5")},
    {"F1_BodyIsText", "D1 F1", "pending", UPDATE_BODY("body = '{'")},
    {"F1_BucketNegative", "F1", "pending", UPDATE_BODY("bucket = -1")},
    {"F1_BucketHuge", "F1", "pending", UPDATE_BODY("bucket = 1 << 40")},
    {"F1_KeyShort", "F1", "pending", "UPDATE idempotency SET key = x'00'"},
    {"F1_KeyOfNoTime", "F1", "pending", "UPDATE idempotency SET bucket = 1 << 40"},
    {"F1_FingerprintShort", "F1", "pending", "UPDATE idempotency SET fingerprint = x'00'"},
    {"F1_IdShort", "F1", "pending", "UPDATE id_alias SET id = x'00'"},
    {"F1_AdjustmentKeyShort", "F1", "shipped", "UPDATE stock_ledger SET key = x'00' WHERE id = 1"},
    {"F1_PriceIsText", "F1", "shipped", UPDATE_PEAR("price = 'cheap'")},
    {"F1_PaymentOfNoId", "E1 F1", "shipped", "INSERT INTO payments VALUES (x'00', 'USD', '', '')"},
    {"E1_AttemptCut", "E1", "shipped",
     "UPDATE shipments SET attempt = 4294967297 WHERE order_id = $ID"},
    {"F1_AttemptZero", "E1 F1", "shipped", "UPDATE shipments SET attempt = 0 WHERE order_id = $ID"},
    {"F1_NoIndexOfLists", "F1", "shipped", "DROP INDEX orders_listed"},
    {"F1_NoIndexOfCustomers", "F1", "shipped", "DROP INDEX bodies_by_customer"},
    {"F1_NoIndexOfKeys", "F1", "shipped", "DROP INDEX stock_ledger_by_key"},
    {"F1_IndexEmptied", "F1", "shipped",
     IN_SCHEMA(
         "UPDATE sqlite_schema SET sql = replace(sql, 'IS NOT NULL', 'IS 77') "
         "WHERE name = 'orders_listed'") "REINDEX orders_listed;" IN_SCHEMA("UPDATE sqlite_schema "
                                                                            "SET sql = "
                                                                            "replace(sql, 'IS 77', "
                                                                            "'IS NOT NULL') "
                                                                            "WHERE name = "
                                                                            "'orders_listed'")},
    {"F1_IndexOfAnother", "F1", "shipped",
     IN_SCHEMA("UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema "
               "WHERE name = 'bodies_by_customer') WHERE name = 'orders_listed'")},
    {"F1_CheckRemoved", "F1", "shipped",
     IN_SCHEMA("UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (available >= 0)', '') "
               "WHERE name = 'products'")},
    {"F1_MoreColumns", "F1", "shipped", "ALTER TABLE stock_ledger ADD COLUMN note TEXT"},
    {"F1_ForeignTrigger", "F1", "shipped",
     "CREATE TRIGGER t AFTER UPDATE ON products BEGIN SELECT 1; END"},
    {"F1_ForeignView", "F1", "shipped", "CREATE VIEW v AS SELECT 1"},
    {"F1_ForeignTable", "F1", "shipped", "CREATE TABLE notes (note)"},
    {"F1_ForeignIndex", "F1", "shipped", "CREATE INDEX by_status ON orders (status)"},
    {"F1_ForeignStatistics", "F1", "shipped", "ANALYZE main"},
    {"F1_ForeignTableInTheBooks", "F1", "shipped", "CREATE TABLE books.notes (note)"},
    {"F1_ForeignTriggerInTheBooks", "F1", "shipped",
     "CREATE TRIGGER books.t AFTER INSERT ON payments BEGIN SELECT 1; END"},
    {"F1_NoShipments", "F1", "shipped", "DROP TABLE books.shipments"},
    {"F1_NoCounts", "F1", "shipped", "DROP TABLE order_counts"},
};
INSTANTIATE_TEST_SUITE_P(All, DamagedShop, testing::ValuesIn(kDamages),
                         [](const auto& test) { return test.param.name; });

/// What nothing else that is stored contradicts (docs/correctness.md lists it, with the reasons).
class ShopChangedUnseen : public testing::TestWithParam<ShopDamage> {};

TEST_P(ShopChangedUnseen, IsClean) {
  const StoredShop shop;
  damage_shop(shop, GetParam());
  const auto report = audit(**sqlite::open_shop_archive(shop.data()));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(violated(*report), "");
}

const ShopDamage kUnseen[] = {
    // Keys and fingerprints are hashes, and keys are forgotten after three days.
    {"KeyForgotten", "", "pending", "DELETE FROM idempotency"},
    {"KeyOfAnotherOrder", "", "shipped", "UPDATE idempotency SET seq = $SEQ"},
    {"KeyChanged", "", "pending", "UPDATE idempotency SET key = fingerprint"},
    {"RequestChanged", "", "pending", "UPDATE idempotency SET fingerprint = key"},
    {"AdjustmentKeyForgotten", "", "shipped", "UPDATE stock_ledger SET key = NULL"},
    // The catalogue is what an operator says it is.
    {"Price", "", "shipped", UPDATE_PEAR("price = price + 1")},
    {"ProductAdded", "", "shipped",
     "INSERT INTO products VALUES ('fig', 'Fig', 1, 'USD', 0, 0, 0, 0)"},
    // The ledger is the only source of what was received, and when.
    {"Received", "", "shipped",
     UPDATE_PEAR(
         "available = available + 1, received = received + 1") ";"
                                                               "INSERT INTO stock_ledger (sku, at, "
                                                               "quantity, reason) VALUES ('pear', "
                                                               "1, 1, 'found')"},
    {"ReceivedAtAnotherTime", "", "shipped", "UPDATE stock_ledger SET at = 1"},
    // An order that has moved neither money nor stock, taken out with all that names it.
    {"OrderGone", "", "of another version",
     "DELETE FROM orders WHERE seq = (SELECT seq FROM id_alias);"
     "DELETE FROM bodies WHERE seq = (SELECT seq FROM id_alias); DELETE FROM id_alias;"
     "UPDATE order_counts SET n = n - 1 WHERE status = 0"},
    // The body of an order that is not at its end has one copy.
    {"Address", "", "pending", "", {}, [](Body b) { b.shipping_address->city = "Köln"; }},
    // Buckets count orders as they are stored, also those that an import stores late.
    {"Bucket", "", "pending", UPDATE_BODY("bucket = 1")},
    // The sandbox has no effect on its books for an order whose tries had none.
    {"AccountWithoutEffects", "", "parked", "DELETE FROM payments WHERE order_id = $ID"},
};
INSTANTIATE_TEST_SUITE_P(All, ShopChangedUnseen, testing::ValuesIn(kUnseen),
                         [](const auto& test) { return test.param.name; });

/// A file of which not even the tables are known is not read.
TEST(ShopOfAnotherVersion, IsNotAudited) {
  for (const char* sql : {"PRAGMA user_version = 99", "PRAGMA books.user_version = 99"}) {
    const StoredShop shop;
    damage_shop(shop, {"", "", "pending", sql});
    std::ostringstream out;
    EXPECT_EQ(run_audit(sqlite::open_shop_archive(shop.data()), out), 2) << sql;
  }
}

}  // namespace
}  // namespace orderflow
