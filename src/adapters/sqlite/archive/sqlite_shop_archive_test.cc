#include "adapters/sqlite/archive/sqlite_shop_archive.h"

#include <gtest/gtest.h>

#include <set>

#include "adapters/sqlite/archive/sqlite_shop_import.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "support/stored_shop.h"

namespace orderflow::sqlite {
namespace {

TEST(SqliteShopImport, WritesOrdersAtTheirEndAsOneRow) {
  const StoredShop shop;
  const TemporaryFolder other;
  const auto import = open_shop_import(other.path());
  ASSERT_TRUE((*open_shop_archive(shop.data()))
                  ->each_order(Along::KeyAndBooks, [&](const ArchivedOrder& row) {
                    return (*import)->add_order(*row.order, row.idempotency);
                  }));
  ASSERT_TRUE((*import)->commit());

  const auto in_one_row = [](const std::filesystem::path& data) {
    SqliteConnection db(data / "orderflow.db", {.read_only = true});
    auto rows = db.prepare("SELECT seq FROM orders WHERE body NOT NULL");
    std::set<std::int64_t> seqs;
    while (rows.step()) seqs.insert(rows.integer(0));
    return seqs;
  };
  std::set<std::int64_t> ended;
  OpenShop open(shop.data());
  for (const auto& [name, id] : shop.ids) {
    if (terminal(open.load(id)->state)) ended.insert(seq_of(id));
  }
  EXPECT_EQ(in_one_row(shop.data()), ended);
  EXPECT_EQ(in_one_row(other.path()), ended);
}

}  // namespace
}  // namespace orderflow::sqlite
