#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/archive/sqlite_shop_import.h"
#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "contract/archives.h"
#include "contract/stores.h"
#include "support/orders.h"
#include "support/ports.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class SqliteStores : public Stores {
 public:
  explicit SqliteStores(std::filesystem::path folder) : folder_(std::move(folder)) { reopen(); }
  OrderStore& orders() override { return *orders_; }
  ProductStore& products() override { return *products_; }
  void reopen() override {
    products_.reset();
    orders_.reset();
    database_.reset();
    database_ = sqlite::ShopDatabase::open(io.get_executor(), folder_).value();
    orders_.emplace(*database_);
    products_.emplace(*database_, clock_);
  }

 private:
  std::filesystem::path folder_;
  TestClock clock_{kStart};
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::optional<SqliteOrderStore> orders_;
  std::optional<SqliteProductStore> products_;
};

struct SqliteStoresOfTheirOwn final : private TemporaryFolder, public SqliteStores {
  SqliteStoresOfTheirOwn() : SqliteStores(TemporaryFolder::path()) {}
};

class SqliteArchives final : public Archives {
 public:
  Result<std::unique_ptr<ShopArchive>> open() override {
    return sqlite::SqliteShopArchive::open(folder_.path());
  }
  Result<std::unique_ptr<ShopImport>> open_import() override {
    return sqlite::SqliteShopImport::open(folder_.path());
  }
  std::unique_ptr<Stores> serve() override {
    return std::make_unique<SqliteStores>(folder_.path());
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

StoresAdapter sqlite_stores() {
  return {"sqlite", [] { return std::make_unique<SqliteStoresOfTheirOwn>(); }};
}

ArchivesAdapter sqlite_archives() {
  return {"sqlite", [] { return std::make_unique<SqliteArchives>(); }};
}

}  // namespace orderflow
