#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/archive/sqlite_shop_import.h"
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
  EXPECT_EQ(summary->products, 2);
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
    const auto parked = open.run(open.orders().parked(10));
    ASSERT_EQ(parked->size(), 1U);
    EXPECT_EQ(parked->front().id, shop.ids.at("parked"));
    open.drive(open.submit({"pear"}));
  }
  expect_clean(other.path());
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

// Line 1 is the header, 2 and 3 products, 4 and 5 the stock ledger, 6 the order that was shipped.
INSTANTIATE_TEST_SUITE_P(
    All, ExportSpoilt,
    testing::Values(
        SpoiltExport{"Empty", [](auto& lines) { lines.clear(); }, "stops after line 0"},
        SpoiltExport{"Truncated", [](auto& lines) { lines.pop_back(); }, "before its end line"},
        SpoiltExport{"LineMissing", [](auto& lines) { lines.erase(lines.end() - 2); },
                     "lines should stand before it"},
        SpoiltExport{"OrderMissing", [](auto& lines) { lines.erase(lines.begin() + 5); },
                     "there is no order"},
        SpoiltExport{"LineTwice", [](auto& lines) { lines.insert(lines.begin() + 6, lines[5]); },
                     "line 7: order"},
        SpoiltExport{"AfterTheEnd", [](auto& lines) { lines.push_back(lines[1]); },
                     "after the end line"},
        SpoiltExport{"NoHeader", [](auto& lines) { lines.erase(lines.begin()); },
                     "line 1: is not the header"},
        SpoiltExport{"OtherVersion", change("\"version\":1", "\"version\":2"), "line 1: /version"},
        SpoiltExport{"NotJson", change("{\"type\":\"order\"", "{'type':'order'"),
                     "line 6: column 2: syntax error"},
        SpoiltExport{"InvalidUtf8", change("\"type\":\"product\"", "\"type\":\"product\xff\""),
                     "line 2: column"},
        SpoiltExport{"MemberTwice",
                     change("\"type\":\"product\"", "\"type\":\"product\",\"type\":\"product\""),
                     "a member is given twice"},
        SpoiltExport{"UnknownType", change("\"type\":\"stock\"", "\"type\":\"stork\""),
                     "line 4: /type"},
        SpoiltExport{"UnknownMember", change("\"type\":\"stock\",", "\"type\":\"stock\",\"x\":1,"),
                     "line 4: has a member"},
        SpoiltExport{"MissingMember", change("\"customerEmail\":\"jörg@example.com\",", ""),
                     "line 6: /customerEmail: is missing"},
        SpoiltExport{"WrongKind", change("\"quantity\":2", "\"quantity\":\"2\""),
                     "line 6: /items/0/quantity: must be a whole number"},
        SpoiltExport{"Quantity", change("\"quantity\":2", "\"quantity\":0"),
                     "line 6: /items/0/quantity: must be a whole number from 1"},
        SpoiltExport{"Total", change("\"totalMinor\":6000", "\"totalMinor\":6001"),
                     "line 6: /totalMinor: is not the sum"},
        SpoiltExport{"Status", change("\"status\":\"SHIPPED\"", "\"status\":\"RESERVED\""),
                     "line 6: /events: do not add up"},
        SpoiltExport{"Stock", change("\"available\":", "\"available\":1"), "line 2: available"},
        SpoiltExport{"StockLedger", change("\"quantity\":100", "\"quantity\":99"), "product pear"},
        SpoiltExport{"NoProduct",
                     [](auto& lines) {
                       lines.erase(lines.begin() + 1);
                       lines.back() =
                           fmt::format(R"({{"type":"end","lines":{}}})", lines.size() - 1);
                     },
                     "apple has stock, but no product line"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace orderflow
