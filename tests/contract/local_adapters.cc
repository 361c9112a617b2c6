// The adapters of the local home, for the contract suites.
#include "adapters/local_queue/in_process_queue.h"
#include "adapters/memory/memory_store.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/archive/sqlite_shop_import.h"
#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "adapters/system/system_timers.h"
#include "contract/adapters.h"
#include "support/ports.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

class MemoryStores final : public Stores {
 public:
  OrderStore& orders() override { return orders_; }
  ProductStore& products() override { return products_; }
  void reopen() override {}  // lives as long as its process

 private:
  MemoryStore store_;
  MemoryOrderStore orders_{store_};
  MemoryProductStore products_{store_};
};

class SqliteStores final : public Stores {
 public:
  SqliteStores() : SqliteStores(std::make_unique<TemporaryFolder>()) {}
  explicit SqliteStores(std::filesystem::path data) : data_(std::move(data)) { reopen(); }
  OrderStore& orders() override { return *orders_; }
  ProductStore& products() override { return *products_; }
  void reopen() override {
    products_.reset();
    orders_.reset();
    database_.reset();
    database_ = sqlite::ShopDatabase::open(io.get_executor(), data_).value();
    orders_.emplace(*database_);
    products_.emplace(*database_, clock_);
  }

 private:
  explicit SqliteStores(std::unique_ptr<TemporaryFolder> own)
      : own_(std::move(own)), data_(own_->path()) {
    reopen();
  }

  std::unique_ptr<TemporaryFolder> own_;  // nullptr: the folder is another's
  std::filesystem::path data_;
  TestClock clock_{kStart};
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::optional<SqliteOrderStore> orders_;
  std::optional<SqliteProductStore> products_;
};

class SqliteArchives final : public Archives {
 public:
  Result<std::unique_ptr<ShopArchive>> open() override {
    return sqlite::open_shop_archive(folder_.path());
  }
  Result<std::unique_ptr<ShopImport>> open_import() override {
    return sqlite::open_shop_import(folder_.path());
  }
  std::unique_ptr<Stores> serve() override {
    return std::make_unique<SqliteStores>(folder_.path());
  }

 private:
  TemporaryFolder folder_;
};

class InProcess final : public Queue {
 public:
  WorkQueue& queue() override { return queue_; }
  void start() override {
    queue_.start([this](Stage stage, OrderId order) { return work(stage, order); });
  }

 private:
  TestIds ids_{0.01};
  SystemTimers timers_{io.get_executor()};
  InProcessQueue queue_{io.get_executor(), timers_, ids_};
};

class SandboxEffects final : public Effects {
 public:
  SandboxEffects() { reopen(); }
  PaymentGateway& gateway() override { return *gateway_; }
  Carrier& carrier() override { return *carrier_; }
  void reopen() override {
    carrier_.reset();
    gateway_.reset();
    books_.reset();
    books_ = SqliteSandboxBooks::open(io.get_executor(), folder_.path() / "simulated.db").value();
    gateway_.emplace(*books_);
    carrier_.emplace(*books_);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteSandboxBooks> books_;
  std::optional<SandboxGateway> gateway_;
  std::optional<SandboxCarrier> carrier_;
};

}  // namespace

std::vector<Adapter<Stores>> stores_adapters() {
  return {{"memory", [] { return std::make_unique<MemoryStores>(); }},
          {"sqlite", [] { return std::make_unique<SqliteStores>(); }}};
}
std::vector<Adapter<Archives>> archives_adapters() {
  return {{"sqlite", [] { return std::make_unique<SqliteArchives>(); }}};
}
std::vector<Adapter<Queue>> queue_adapters() {
  return {{"in_process", [] { return std::make_unique<InProcess>(); }}};
}
std::vector<Adapter<Effects>> effects_adapters() {
  return {{"sandbox", [] { return std::make_unique<SandboxEffects>(); }}};
}

}  // namespace orderflow
