#include "adapters/sqlite/engine/shop_database.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <future>

#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

class ShopDatabaseTest : public testing::Test {
 protected:
  Result<std::unique_ptr<ShopDatabase>> open() {
    return ShopDatabase::open(io_.get_executor(), path());
  }
  static void expect_refused(const Result<std::unique_ptr<ShopDatabase>>& database, ErrorCode code,
                             const std::string& detail) {
    ASSERT_FALSE(database.has_value());
    EXPECT_EQ(database.error().code, code);
    EXPECT_THAT(database.error().detail, testing::HasSubstr(detail));
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path file() const { return path() / "orderflow.db"; }

  TemporaryFolder folder_;
  boost::asio::io_context io_{1};
};

TEST_F(ShopDatabaseTest, RefusesAFolderThatAnotherProcessServes) {
  {
    const auto first = open();
    ASSERT_TRUE(first.has_value());
    expect_refused(open(), ErrorCode::Unavailable, path().string());
  }
  EXPECT_TRUE(open().has_value()) << "once it is closed";
}

TEST_F(ShopDatabaseTest, RefusesDataOfANewerVersion) {
  ASSERT_TRUE(open().has_value());
  SqliteConnection(file(), {}).execute("PRAGMA user_version=99");
  expect_refused(open(), ErrorCode::Corrupt, "newer orderflow (schema 99");
}

TEST_F(ShopDatabaseTest, ClosesWithoutWaitingForAReader) {
  auto database = open();
  ASSERT_TRUE(database.has_value());
  const auto put = [&](std::string sku) {
    auto write = [sku = std::move(sku)](ShopWriter& db) -> Result<int> {
      db.products.put(sku, {.name = "Pen", .price = 100});
      return 0;
    };
    ASSERT_TRUE(run(io_, (*database)->writer().run(std::move(write))));
  };
  put("PEN");
  SqliteConnection reader(file(), {.read_only = true});
  reader.execute("BEGIN");
  EXPECT_TRUE(ProductRows(reader).find("PEN"));
  put("INK");
  auto closing = std::async(std::launch::async, [&] { database->reset(); });
  EXPECT_EQ(closing.wait_for(std::chrono::seconds(3)), std::future_status::ready);
  EXPECT_FALSE(ProductRows(reader).find("INK"));
  reader.execute("COMMIT");
  EXPECT_TRUE(ProductRows(reader).find("INK"));
}

TEST_F(ShopDatabaseTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(file()) << std::string(10'000, 'x');
  expect_refused(open(), ErrorCode::Corrupt, "");
}

TEST_F(ShopDatabaseTest, NamesTheFolderThatItCannotWrite) {
  expect_refused(ShopDatabase::open(io_.get_executor(), path() / "nowhere"), ErrorCode::Unavailable,
                 (path() / "nowhere").string());
}

}  // namespace
}  // namespace orderflow::sqlite
