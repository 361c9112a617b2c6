// The stores and the books of the AWS home, for the contract suites. Every test makes tables of its
// own.

#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/product_store.h"
#include "adapters/dynamodb/sandbox_books.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "contract/adapters.h"
#include "contract/dynamodb_tables.h"
#include "support/ports.h"

namespace orderflow {
namespace {

/// Patient, since the tests share a machine with what they test.
constexpr std::chrono::seconds kPatience{30};

class DynamoStores final : public Stores {
 public:
  DynamoStores() { reopen(); }
  OrderStore& orders() override { return *orders_; }
  ProductStore& products() override { return *products_; }
  void reopen() override {
    products_.reset();
    orders_.reset();
    client_.emplace(tables_.client());
    client_->set_patience(kPatience);
    orders_.emplace(*client_, DynamoOrderSettings{orders_table_, products_table_, "an id key"});
    products_.emplace(*client_, clock_, products_table_);
  }

 private:
  Tables tables_{io};
  std::string orders_table_ = tables_.make("orders");
  std::string products_table_ = tables_.make("products");
  TestClock clock_{kStart};
  std::optional<DynamoClient> client_;
  std::optional<DynamoOrderStore> orders_;
  std::optional<DynamoProductStore> products_;
};

class DynamoEffects final : public Effects {
 public:
  DynamoEffects() { reopen(); }
  PaymentGateway& gateway() override { return *gateway_; }
  Carrier& carrier() override { return *carrier_; }
  void reopen() override {
    client_.emplace(tables_.client());
    client_->set_patience(kPatience);
    books_.emplace(*client_, table_);
    gateway_.emplace(*books_);
    carrier_.emplace(*books_);
  }

 private:
  Tables tables_{io};
  std::string table_ = tables_.make("simulated");
  std::optional<DynamoClient> client_;
  std::optional<DynamoSandboxBooks> books_;
  std::optional<SandboxGateway> gateway_;
  std::optional<SandboxCarrier> carrier_;
};

}  // namespace

std::vector<Adapter<Stores>> stores_adapters() {
  return {{"dynamodb", [] { return std::make_unique<DynamoStores>(); }}};
}
std::vector<Adapter<Effects>> effects_adapters() {
  return {{"dynamodb", [] { return std::make_unique<DynamoEffects>(); }}};
}

}  // namespace orderflow
