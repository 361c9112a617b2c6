#include "adapters/sqlite/engine/shop_database.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <future>

#include "support/run.h"
#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ShopDatabaseTest : public testing::Test {
 protected:
  Result<std::unique_ptr<ShopDatabase>> open() {
    return ShopDatabase::open(io_.get_executor(), path());
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path file() const { return path() / "orderflow.db"; }

  TemporaryFolder folder_;
  boost::asio::io_context io_{1};
};

TEST_F(ShopDatabaseTest, EveryFileIsForItsOwnerOnly) {
  const ::mode_t before = ::umask(0);
  const auto database = open();
  ::umask(before);
  ASSERT_TRUE(database.has_value());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path())) {
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4) << "database, log, index of the log, lock";
}

TEST_F(ShopDatabaseTest, RefusesAFolderThatAnotherProcessServes) {
  const auto first = open();
  ASSERT_TRUE(first.has_value());
  const auto second = open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(second.error().detail, HasSubstr(path().string()));
}

TEST_F(ShopDatabaseTest, OpensTheFolderAgainOnceItIsClosed) {
  ASSERT_TRUE(open().has_value());
  EXPECT_TRUE(open().has_value());
}

TEST_F(ShopDatabaseTest, RefusesDataOfANewerVersionAndLeavesItAlone) {
  ASSERT_TRUE(open().has_value());
  SqliteConnection(file(), {}).execute("PRAGMA user_version=99");
  const auto newer = open();
  ASSERT_FALSE(newer.has_value());
  EXPECT_EQ(newer.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(newer.error().detail, AllOf(HasSubstr("newer"), HasSubstr("99")));
  SqliteConnection db(file(), {.read_only = true});
  Statement version = db.prepare("PRAGMA user_version");
  version.step();
  EXPECT_EQ(version.integer(0), 99);
}

TEST_F(ShopDatabaseTest, WhatIsWrittenIsSoonInTheDatabaseFileItself) {
  const auto database = open();
  ASSERT_TRUE(database.has_value());
  auto write = [](ShopWriter& db) -> Result<int> {
    db.products.put("PEN", {.name = "Pen", .price = 100});
    return 0;
  };
  ASSERT_TRUE(run(io_, (*database)->writer().run(std::move(write))));
  const TemporaryFolder without_log;
  run_until(io_, [&] {
    const auto copy = without_log.path() / "orderflow.db";
    std::filesystem::copy_file(file(), copy, std::filesystem::copy_options::overwrite_existing);
    try {
      SqliteConnection db(copy, {});
      return ProductRows(db).find("PEN").has_value();
    } catch (const SqliteError&) {  // not even the tables, or half of them
      return false;
    }
  });
}

TEST_F(ShopDatabaseTest, ClosesWithoutWaitingForSomebodyWhoReads) {
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
  const auto garbage = open();
  ASSERT_FALSE(garbage.has_value());
  EXPECT_EQ(garbage.error().code, ErrorCode::Corrupt);
}

TEST_F(ShopDatabaseTest, NamesTheFolderThatItCanNotWrite) {
  const auto nowhere = ShopDatabase::open(io_.get_executor(), path() / "nowhere");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(nowhere.error().detail, HasSubstr((path() / "nowhere").string()));
}

}  // namespace
}  // namespace orderflow::sqlite
