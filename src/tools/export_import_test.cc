#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/archive/sqlite_shop_import.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "support/stored_shop.h"
#include "tools/audit.h"
#include "tools/export_shop.h"
#include "tools/import_shop.h"

namespace orderflow {
namespace {

using sqlite::open_shop_archive;
using sqlite::open_shop_import;

std::string exported(const std::filesystem::path& data) {
  std::ostringstream out;
  const auto summary = export_shop(**open_shop_archive(data), out);
  EXPECT_TRUE(summary) << summary.error().detail;
  return out.str();
}

Result<TransferSummary> import_text(const std::filesystem::path& data, const std::string& text) {
  std::istringstream in(text);
  const auto shop = open_shop_import(data);
  if (!shop) return std::unexpected(shop.error());
  return import_shop(**shop, in);
}

void expect_clean(const std::filesystem::path& data) {
  std::ostringstream out;
  EXPECT_EQ(run_audit(open_shop_archive(data), out), 0) << out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ExportImport, IsLossless) {
  const StoredShop shop;
  const std::string text = exported(shop.data());
  const TemporaryFolder other;
  const auto summary = import_text(other.path() / "new", text);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->products, 3);
  EXPECT_EQ(summary->orders, std::ssize(shop.ids));
  EXPECT_EQ(lines_of(exported(other.path() / "new")), lines_of(text));

  OpenShop before(shop.data());
  OpenShop after(other.path() / "new");
  for (const auto& [name, id] : shop.ids) {
    EXPECT_EQ(*after.load(id)->body, *before.load(id)->body) << name;
    EXPECT_EQ(after.load(id)->state, before.load(id)->state) << name;
  }
}

TEST(ExportImport, MovesAShopIntoAnotherThatGoesOnAndAuditsClean) {
  const StoredShop shop;
  const TemporaryFolder other;
  {
    OpenShop open(other.path());
    open.drive(open.submit({"made to order"}));
  }
  ASSERT_TRUE(import_text(other.path(), exported(shop.data())));
  expect_clean(other.path());
  {
    OpenShop open(other.path());
    for (const auto& [name, id] : shop.ids) open.drive(id);
    EXPECT_EQ(open.load(shop.ids.at("pending"))->state.status, Status::Shipped);
    EXPECT_EQ(open.load(shop.ids.at("reserved"))->state.status, Status::Shipped);
    const auto parked = open.run(open.orders().parked(10, ""));
    ASSERT_EQ(parked->orders.size(), 1U);
    EXPECT_EQ(parked->orders.front().id, shop.ids.at("parked"));
    open.drive(open.submit({"pear"}));
  }
  expect_clean(other.path());
}

TEST(ExportImport, MovesTheKeysOfAdjustments) {
  const StoredShop shop;
  const TemporaryFolder other;
  ASSERT_TRUE(import_text(other.path(), exported(shop.data())));
  {
    OpenShop open(other.path());
    EXPECT_EQ(open.adjust("plum", -1, 0xb0), AdjustmentOutcome::Replayed);
    EXPECT_EQ(open.adjust("plum", -2, 0xb0), AdjustmentOutcome::KeyReused);
  }
  expect_clean(other.path());
}

// A valid export of what reads: the shop is as if it had never had the orders that do not.
TEST(ExportImport, LeavesOutWhatDoesNotReadAndSaysSo) {
  const StoredShop shop;
  {
    sqlite::SqliteConnection db(shop.data() / "orderflow.db", {});
    for (const char* name : {"shipped", "reserved", "pending"}) {
      auto damage = db.prepare("UPDATE bodies SET body = x'7b' WHERE seq = ?1");
      damage.bind(1, sqlite::seq_of(shop.ids.at(name))).run();
    }
    auto damage = db.prepare("DELETE FROM orders WHERE seq = ?1");
    damage.bind(1, sqlite::seq_of(shop.ids.at("unknown after"))).run();
  }
  const std::string file = shop.data() / "shop.ndjson";
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_export(open_shop_archive(shop.data()), file), 3);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("left out: order " + shop.ids.at("shipped").to_string()), std::string::npos)
      << said;
  EXPECT_NE(said.find(" has no state"), std::string::npos) << said;
  EXPECT_NE(said.find("4 left out"), std::string::npos) << said;
  std::ostringstream report;
  EXPECT_EQ(run_audit(open_shop_archive(shop.data()), report), 1);
  EXPECT_NE(report.str().find(shop.ids.at("shipped").to_string()), std::string::npos);

  const TemporaryFolder other;
  EXPECT_EQ(run_import([&] { return open_shop_import(other.path()); }, file), 0);
  expect_clean(other.path());
  OpenShop open(other.path());
  EXPECT_EQ(open.load(shop.ids.at("declined"))->state.status, Status::PaymentDeclined);
}

struct SpoiltExport {
  const char* name;
  std::function<void(std::vector<std::string>&)> spoil;
  const char* error;  ///< a part of it
};
void PrintTo(const SpoiltExport& spoilt, std::ostream* out) { *out << spoilt.name; }

class ExportSpoilt : public testing::TestWithParam<SpoiltExport> {};

TEST_P(ExportSpoilt, IsRefusedAsAWhole) {
  const StoredShop shop;
  auto lines = lines_of(exported(shop.data()));
  GetParam().spoil(lines);
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  const TemporaryFolder other;
  const auto summary = import_text(other.path(), text);
  ASSERT_FALSE(summary);
  EXPECT_NE(summary.error().detail.find(GetParam().error), std::string::npos)
      << summary.error().detail;
  EXPECT_EQ(lines_of(exported(other.path())).size(), 2U);  // header and end: nothing between
}

/// Changes the first line that holds `what`.
auto change(std::string what, std::string by) {
  return [=](std::vector<std::string>& lines) {
    for (std::string& line : lines) {
      const auto at = line.find(what);
      if (at == std::string::npos) continue;
      line.replace(at, what.size(), by);
      return;
    }
    ADD_FAILURE() << "no line holds " << what;
  };
}

/// The last line that holds `what`.
auto find_last(std::vector<std::string>& lines, std::string_view what) {
  auto at = lines.end() - 1;
  while (at != lines.begin() && at->find(what) == std::string::npos) --at;
  return at;
}

// Line 1 is the header, 2 the order that was shipped, 3 its payment, 4 its shipment. The last order has
// neither. Then come the products and the stock ledger.
INSTANTIATE_TEST_SUITE_P(
    All, ExportSpoilt,
    testing::Values(
        SpoiltExport{"Empty", [](auto& lines) { lines.clear(); }, "stops after line 0"},
        SpoiltExport{"Truncated", [](auto& lines) { lines.pop_back(); }, "before its end line"},
        SpoiltExport{"LineMissing", [](auto& lines) { lines.erase(lines.end() - 2); },
                     "lines should stand before it"},
        SpoiltExport{"OrderMissing", [](auto& lines) { lines.erase(lines.begin() + 1); },
                     "line 2: does not follow its order"},
        SpoiltExport{"OrderTwice",
                     [](auto& lines) {
                       const auto last = find_last(lines, R"("type":"order")");
                       lines.insert(last, std::string(*last));
                     },
                     "is there already"},
        SpoiltExport{"PaymentTwice", [](auto& lines) { lines.insert(lines.begin() + 3, lines[2]); },
                     "line 4: is a second payment"},
        SpoiltExport{"PaymentMissing", [](auto& lines) { lines.erase(lines.begin() + 2); },
                     "line 3: does not agree with its order"},
        SpoiltExport{"PaymentTooLate", [](auto& lines) { std::swap(lines[2], lines[3]); },
                     "line 3: does not agree with its order"},
        SpoiltExport{"PaymentOfAnotherAmount",
                     change(R"("capture","attempt":1,"amountMinor":6000)",
                            R"("capture","attempt":1,"amountMinor":5999)"),
                     "line 3: does not agree with its order: authorized 6000"},
        SpoiltExport{"PaymentAgainstTheRules",
                     change(R"("answer":"card_declined")", R"("answer":"ok")"),
                     "does not agree with its order"},
        SpoiltExport{"ShipmentTwice",
                     [](auto& lines) { lines.insert(lines.begin() + 4, lines[3]); },
                     "line 5: is a second shipment"},
        SpoiltExport{"ShipmentMissing", [](auto& lines) { lines.erase(lines.begin() + 3); },
                     "line 4: what the sandbox has for order"},
        SpoiltExport{"ShipmentOfAnotherAttempt",
                     [](auto& lines) {
                       const auto at = lines[3].rfind('1');
                       lines[3].replace(at, 1, "2");
                     },
                     "line 4: does not agree with its order: shipped by attempt 2"},
        SpoiltExport{"AfterTheEnd", [](auto& lines) { lines.push_back(lines[1]); },
                     "after the end line"},
        SpoiltExport{"NoHeader", [](auto& lines) { lines.erase(lines.begin()); },
                     "line 1: is not the header"},
        SpoiltExport{"OtherVersion", change("\"version\":2", "\"version\":1"),
                     "line 1: /version: must be 2, the version"},
        SpoiltExport{"NotJson", change("{\"type\":\"order\"", "{'type':'order'"),
                     "line 2: column 2: syntax error"},
        SpoiltExport{"InvalidUtf8", change("\"type\":\"order\"", "\"type\":\"order\xff\""),
                     "line 2: column"},
        SpoiltExport{"MemberTwice",
                     change("\"type\":\"product\"", "\"type\":\"product\",\"type\":\"product\""),
                     "a member is given twice"},
        SpoiltExport{"UnknownType", change("\"type\":\"stock\"", "\"type\":\"stork\""), ": /type"},
        SpoiltExport{"UnknownMember", change("\"type\":\"stock\",", "\"type\":\"stock\",\"x\":1,"),
                     ": has a member"},
        SpoiltExport{"MissingMember", change("\"customerEmail\":\"jörg@example.com\",", ""),
                     "line 2: /customerEmail: is missing"},
        SpoiltExport{"WrongKind", change("\"quantity\":2", "\"quantity\":\"2\""),
                     "line 2: /items/0/quantity: must be a whole number"},
        SpoiltExport{"Quantity", change("\"quantity\":2", "\"quantity\":0"),
                     "line 2: /items/0/quantity: must be a whole number from 1"},
        SpoiltExport{"Total", change("\"totalMinor\":6000", "\"totalMinor\":6001"),
                     "line 2: /totalMinor: is not the sum"},
        SpoiltExport{"Email", change("jörg@example.com", "j\\u0007rg@example.com"),
                     "line 2: /customerEmail: must be an e-mail address"},
        SpoiltExport{"Name", change("\"name\":\"apple\"", "\"name\":\" \\t\""),
                     "line 2: /items/0/name: must not be blank"},
        SpoiltExport{"NameTooLong",
                     change("\"name\":\"apple\"", "\"name\":\"" + std::string(257, 'x') + "\""),
                     "line 2: /items/0/name: must be at most 256 characters"},
        SpoiltExport{"PaymentMethod", change("pm_card_visa", "pm card visa"),
                     "line 2: /paymentMethod: must be a token"},
        SpoiltExport{"Country", change("\"country\":\"DE\"", "\"country\":\"de\""),
                     "line 2: /shippingAddress/country: must be two capitals"},
        SpoiltExport{"Metadata", change("\"gift\":\"yes", "\"gift\":\"\\u0000"),
                     "line 2: /metadata: a value: must not contain U+0000"},
        SpoiltExport{"Status", change("\"status\":\"SHIPPED\"", "\"status\":\"RESERVED\""),
                     "line 2: /events: do not add up"},
        SpoiltExport{"Count",
                     change("\"actor\":\"payment-processor\"",
                            "\"actor\":\"payment-processor\",\"firstAt\":\"2026-01-01T00:00:00Z\","
                            "\"count\":1000001"),
                     "must be a whole number from 2 to 1000000"},
        SpoiltExport{"Events",
                     [](std::vector<std::string>& lines) {
                       const auto begin = lines[1].find("\"events\":[") + 10;
                       const std::string event =
                           lines[1].substr(begin, lines[1].find('}', begin) + 1 - begin);
                       for (int i = 0; i < 500; ++i) lines[1].insert(begin, event + ",");
                     },
                     "must be at most 500"},
        SpoiltExport{"ProductSku",
                     change("\"product\",\"sku\":\"apple\"", "\"product\",\"sku\":\"..\""),
                     ": /sku: must not be"},
        SpoiltExport{"Stock", change("\"available\":", "\"available\":1"),
                     ": available + reserved"},
        SpoiltExport{"StockReason", change("\"reason\":\"count set\"", "\"reason\":\"\""),
                     ": /reason: must not be empty"},
        SpoiltExport{"StockKeyTwice",
                     [](auto& lines) {
                       const auto last = find_last(lines, "\"key\":\"b0");
                       lines.insert(last, std::string(*last));
                     },
                     "its idempotency key is in use"},
        SpoiltExport{"StockLedger", change("\"quantity\":100", "\"quantity\":99"), "product pear"},
        SpoiltExport{"NoProduct",
                     [](auto& lines) {
                       lines.erase(find_last(lines, R"("product","sku":"apple")"));
                       lines.back() =
                           fmt::format(R"({{"type":"end","lines":{}}})", lines.size() - 1);
                     },
                     "apple has stock, but no product line"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace orderflow
