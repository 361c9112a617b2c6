#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "contract/stores.h"
#include "support/orders.h"
#include "support/ports.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class SqliteStores final : public Stores {
 public:
  SqliteStores() { reopen(); }
  OrderStore& orders() override { return *orders_; }
  ProductStore& products() override { return *products_; }
  void reopen() override {
    products_.reset();
    orders_.reset();
    database_.reset();
    database_ = sqlite::ShopDatabase::open(io.get_executor(), folder_.path()).value();
    orders_.emplace(*database_);
    products_.emplace(*database_, clock_);
  }

 private:
  TemporaryFolder folder_;
  TestClock clock_{kStart};
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::optional<SqliteOrderStore> orders_;
  std::optional<SqliteProductStore> products_;
};

}  // namespace

StoresAdapter sqlite_stores() {
  return {"sqlite", [] { return std::make_unique<SqliteStores>(); }};
}

}  // namespace orderflow
