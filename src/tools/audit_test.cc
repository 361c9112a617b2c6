#include "tools/audit.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <set>
#include <sstream>
#include <thread>

#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/stored/stored_order.h"
#include "base/hex.h"
#include "support/stored_shop.h"

namespace orderflow {
namespace {

std::set<std::string> violated(const AuditReport& report) {
  std::set<std::string> names;
  for (const CheckResult& check : report.checks) {
    if (check.violations > 0) names.insert(check.name);
  }
  return names;
}

std::string text_of(const std::filesystem::path& data, int status) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(data, out), status);
  return out.str();
}

TEST(Audit, IsCleanOnWhatTheFunctionsStore) {
  const StoredShop shop;
  const std::string text = text_of(shop.data(), 0);
  EXPECT_TRUE(text.ends_with("audit: clean\n")) << text;
  const auto report = audit(shop.data());
  ASSERT_TRUE(report);
  for (const CheckResult& check : report->checks) EXPECT_GT(check.checked, 0) << check.name;
}

TEST(Audit, SaysWhereItHasNothingToLookAt) {
  const TemporaryFolder folder;
  EXPECT_EQ(text_of(folder.path(), 2), "");
}

TEST(Audit, DoesWithoutASimulatedProvider) {
  const StoredShop shop;
  for (const char* file : {"simulated.db", "simulated.db-wal", "simulated.db-shm"}) {
    std::filesystem::remove(shop.data() / file);
  }
  EXPECT_NE(text_of(shop.data(), 0).find("not checked"), std::string::npos);
}

TEST(Audit, RunsWhileTheShopIsOpen) {
  const StoredShop shop;
  OpenShop open(shop.data());
  open.drive(shop.ids.at("pending"));
  text_of(shop.data(), 0);
}

TEST(Audit, NeverRaisesAFalseAlarmWhileOrdersMove) {
  const StoredShop shop;
  std::atomic<bool> done = false;
  std::thread service([&] {
    OpenShop open(shop.data());
    for (int i = 0; i < 150; ++i) {
      const OrderId id = open.submit({"pear"});
      if (i % 3 == 0) open.cancel(id);
      open.drive(id);
    }
    done = true;
  });
  int audits = 0;
  for (; !done; ++audits) text_of(shop.data(), 0);
  service.join();
  EXPECT_GT(audits, 1);
}

TEST(Audit, NamesTheOrderAndCapsWhatItPrints) {
  const StoredShop shop;
  {
    OpenShop open(shop.data());
    for (int i = 0; i < 30; ++i) open.submit({"pear"});
  }
  sqlite::SqliteConnection(shop.data() / "orderflow.db", {})
      .execute("UPDATE orders SET version = 7 WHERE version = 1");
  const std::string text = text_of(shop.data(), 1);
  EXPECT_NE(text.find("32 VIOLATED"), std::string::npos) << text;
  EXPECT_NE(text.find("order " + shop.ids.at("pending").to_string() + ": version 7, but 1 events"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("T1  and 12 more\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("audit: 32 violations\n")) << text;
}

/// SQL with $SEQ and $ID of one order put in.
struct Damage {
  const char* name;
  const char* order;
  const char* file;
  const char* sql;
  std::set<std::string> found;
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class AuditDamage : public testing::TestWithParam<Damage> {};

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at; (at = text.find(what)) != std::string::npos;) {
    text.replace(at, what.size(), by);
  }
}

/// Runs SQL that knows unpacked(state), the JSON of a packed state, and packed(json), its inverse.
class Sql {
 public:
  explicit Sql(const std::filesystem::path& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK);
    define<[](std::string_view bytes) { return encode_state(*sqlite::unpack_state(bytes)); }>(
        "unpacked");
    define<[](std::string_view text) { return sqlite::pack_state(*decode_state(text)); }>("packed");
  }
  ~Sql() { sqlite3_close(db_); }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  void execute(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_);
  }

 private:
  template <auto function>
  void define(const char* name) {
    const auto call = [](sqlite3_context* context, int, sqlite3_value** values) {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
      const std::string result = function({bytes, size});
      const auto result_size = static_cast<int>(result.size());
      if (result.starts_with('{')) {
        sqlite3_result_text(context, result.data(), result_size, SQLITE_TRANSIENT);
      } else {
        sqlite3_result_blob(context, result.data(), result_size, SQLITE_TRANSIENT);
      }
    };
    sqlite3_create_function(db_, name, 1, SQLITE_UTF8, nullptr, call, nullptr, nullptr);
  }
  sqlite3* db_ = nullptr;
};

TEST_P(AuditDamage, IsFoundByItsCheck) {
  const StoredShop shop;
  const OrderId id = shop.ids.at(GetParam().order);
  std::string sql = GetParam().sql;
  replace(sql, "$SEQ", std::to_string(sqlite::seq_of(id)));
  replace(sql, "$ID", "x'" + to_hex(id.bytes()) + "'");
  {
    Sql db(shop.data() / GetParam().file);
    db.execute("PRAGMA ignore_check_constraints = 1");
    db.execute(sql);
  }
  const auto report = audit(shop.data());
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(violated(*report), GetParam().found) << text_of(shop.data(), 1);
}

constexpr const char* kShop = "orderflow.db";
constexpr const char* kBooks = "simulated.db";

#define SET_STATE(path, value)                                                    \
  "UPDATE orders SET state = packed(json_set(unpacked(state), '" path "', " value \
  ")) "                                                                           \
  "WHERE seq = $SEQ"
#define REPLACE_ENTRY(was, is) \
  "UPDATE payments SET entries = replace(entries, '" was "', '" is "') WHERE order_id = $ID"

// The state is damaged as JSON, which SQL can change: see Sql.
// Event 1 of a shipped order is its authorization, 4 its capture, 5 the shipment; member 4 of an
// event is its amount, 5 its stock. Most damage to money is against the provider's books (M5) as
// well.
INSTANTIATE_TEST_SUITE_P(
    All, AuditDamage,
    testing::Values(
        Damage{"M1", "shipped", kShop, SET_STATE("$.e[1][4]", "5999"), {"M1", "M5"}},
        Damage{"M3", "shipped", kShop, SET_STATE("$.e[4][4]", "5999"), {"M3", "M5"}},
        Damage{"M3_Books",
               "shipped",
               kBooks,
               REPLACE_ENTRY("capture:1 6000 ok", "capture:1 6000 no"),
               {"M3", "M5"}},
        Damage{"M4", "sold out", kShop, SET_STATE("$.e[3][4]", "1"), {"M4", "M5"}},
        Damage{"M5_NotVoided", "cancelled", kBooks, REPLACE_ENTRY("void:1", "refund:1"), {"M5"}},
        Damage{"M5_NotAuthorized",
               "authorized",
               kBooks,
               "DELETE FROM payments WHERE order_id = $ID",
               {"M5"}},
        Damage{"M5_Unreadable", "shipped", kBooks, REPLACE_ENTRY("capture:1", ""), {"M5"}},
        Damage{"M5_Currency",
               "shipped",
               kBooks,
               "UPDATE payments SET currency = 'JPY' WHERE order_id = $ID",
               {"M5"}},
        Damage{"S1_Reserved",
               "shipped",
               kShop,
               "UPDATE products SET available = available - 1, reserved = reserved + 1 "
               "WHERE sku = 'pear'",
               {"S1"}},
        Damage{"S1_Received",
               "shipped",
               kShop,
               "UPDATE products SET available = available + 1 WHERE sku = 'pear'",
               {"S1"}},
        Damage{
            "S1_Ledger", "shipped", kShop, "DELETE FROM stock_ledger WHERE sku = 'pear'", {"S1"}},
        Damage{"S1_Negative",
               "shipped",
               kShop,
               "UPDATE products SET available = -1, received = reserved + shipped - 1;"
               "UPDATE stock_ledger SET quantity = (SELECT received FROM products p "
               "WHERE p.sku = stock_ledger.sku)",
               {"S1"}},
        Damage{
            "S1_NoProduct", "shipped", kShop, "DELETE FROM products WHERE sku = 'apple'", {"S1"}},
        Damage{"S1_Timeline", "reserved", kShop, SET_STATE("$.e[2][5][0][1]", "3"), {"S1"}},
        Damage{"T1_Version",
               "shipped",
               kShop,
               "UPDATE orders SET version = 7 WHERE seq = $SEQ",
               {"T1"}},
        Damage{"T1_Status", "shipped", kShop, SET_STATE("$.s", "3"), {"T1"}},
        Damage{"T1_Step", "shipped", kShop, SET_STATE("$.e[3][0]", "2"), {"T1"}},
        Damage{"T1_PaymentStatus", "shipped", kShop, SET_STATE("$.p", "1"), {"T1"}},
        Damage{"E1_Shipments",
               "shipped",
               kBooks,
               "DELETE FROM shipments WHERE order_id = $ID",
               {"E1"}},
        Damage{"E1_ShippedTooEarly",
               "reserved",
               kBooks,
               "INSERT INTO shipments VALUES ($ID, 1)",
               {"E1", "M3"}},
        Damage{"E1_Attempt",
               "shipped",
               kBooks,
               "UPDATE shipments SET attempt = 2 WHERE order_id = $ID",
               {"E1"}},
        Damage{"E1_Tracking", "shipped", kShop, SET_STATE("$.tracking", "'SIM1'"), {"E1"}},
        Damage{"E1_Twice",
               "declined",
               kBooks,
               "UPDATE payments SET entries = entries || entries WHERE order_id = $ID",
               {"E1"}},
        Damage{"E1_Stranger",
               "shipped",
               kBooks,
               "INSERT INTO shipments VALUES (x'0198c2f01a2b7c3d8e4f5a6b7c8d9e00', 1)",
               {"E1"}},
        Damage{"L1", "pending", kShop, "UPDATE orders SET due_at = NULL WHERE seq = $SEQ", {"L1"}},
        Damage{"L1_State",
               "pending",
               kShop,
               "UPDATE orders SET due_at = NULL, state = packed(json_remove(unpacked(state), "
               "'$.due')) "
               "WHERE seq = $SEQ",
               {"L1"}},
        Damage{"I1", "pending", kShop, "UPDATE idempotency SET seq = 1", {"I1"}},
        Damage{"D1_NoState", "pending", kShop, "DELETE FROM orders WHERE seq = $SEQ", {"D1"}},
        Damage{"D1_NoBody",
               "cancelled early",
               kShop,
               "DELETE FROM bodies WHERE seq = $SEQ",
               {"D1", "E1"}},
        Damage{"D1_Unreadable",
               "pending",
               kShop,
               "UPDATE bodies SET body = '{' WHERE seq = $SEQ",
               {"D1"}},
        Damage{"D1_NoId", "pending", kShop, "DELETE FROM id_alias", {"D1"}},
        Damage{"D1_Customer",
               "pending",
               kShop,
               "UPDATE bodies SET customer = 1 WHERE seq = $SEQ",
               {"D1"}},
        Damage{"D1_CopiedBody",
               "shipped",
               kShop,
               "UPDATE orders SET body = (SELECT body FROM bodies WHERE seq <> $SEQ) "
               "WHERE seq = $SEQ",
               {"D1"}},
        Damage{"D1_CopiedId",
               "cancelled",
               kShop,
               "UPDATE orders SET tail = tail + 1 WHERE seq = $SEQ",
               {"D1"}},
        Damage{
            "D1_Listed", "shipped", kShop, "UPDATE orders SET listed = 1 WHERE seq = $SEQ", {"D1"}},
        Damage{"D1_Counts",
               "shipped",
               kShop,
               "UPDATE order_counts SET n = n + 1 WHERE status = 4",
               {"D1"}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace orderflow
