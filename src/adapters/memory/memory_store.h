#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "ports/order_store.h"
#include "ports/product_store.h"

namespace orderflow {

/// The data of both stores, shared because the commit of an order moves the stock of products. For
/// tests and simulations: nothing is durable, every call answers at once, one thread at a time.
struct MemoryStore {
  struct KeyUse {
    std::array<std::uint8_t, 16> fingerprint{};
    OrderId order;
  };

  std::unordered_map<OrderId, OrderPtr> orders;
  std::set<std::pair<Timestamp, OrderId>> orders_by_age;
  std::map<std::array<std::uint8_t, 16>, KeyUse> keys;
  std::map<std::string, Product, std::less<>> products;
  /// What was adjusted under a key: quantity and reason.
  std::map<AdjustmentKey, std::pair<std::int64_t, std::string>> adjustments;
};

class MemoryOrderStore : public OrderStore {
 public:
  explicit MemoryOrderStore(MemoryStore& store) : store_(store) {}

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<ParkedPage>> parked(std::int64_t limit, std::string cursor) override;

 private:
  MemoryStore& store_;
};

class MemoryProductStore : public ProductStore {
 public:
  explicit MemoryProductStore(MemoryStore& store) : store_(store) {}

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override;
  Task<Result<std::vector<std::optional<std::string>>>> similar(
      std::vector<std::string> skus) override;
  Task<Result<Product>> get(std::string sku) override;
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available, PutCondition condition) override;
  /// Keeps the reason of a keyed adjustment only: nothing else reads it.
  Task<Result<Adjustment>> adjust(std::string sku, std::int64_t quantity, std::string reason,
                                  std::optional<AdjustmentKey> key) override;
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override;

 private:
  MemoryStore& store_;
};

}  // namespace orderflow
