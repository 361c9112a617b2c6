#pragma once

#include <functional>

#include "ports/product_store.h"
#include "proof/world/truth.h"

// The stores as a program sees them: calls of the Truth, with faults on their way.
namespace orderflow::world {

/// The error of a call that failed by this fault.
[[nodiscard]] std::unexpected<Error> error_of(World& world, const Met& met);

class FaultyOrderStore final : public OrderStore {
 public:
  FaultyOrderStore(World& world, Process& process, Truth& truth)
      : world_(world), process_(process), truth_(truth) {}

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override;

  // Of the local home's store alone.
  void notify_lost(std::function<void(const OrderId&)> on_lost) { on_lost_ = std::move(on_lost); }
  Task<Result<std::vector<OpenOrder>>> open_orders(std::int64_t after, std::int64_t limit);

 private:
  void lose_group();
  void flush_soon(const Site& site);

  World& world_;
  Process& process_;
  Truth& truth_;
  std::function<void(const OrderId&)> on_lost_;
};

class FaultyProductStore final : public ProductStore {
 public:
  FaultyProductStore(World& world, Process& process, Truth& truth)
      : world_(world), process_(process), truth_(truth) {}

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override;
  Task<Result<Product>> get(std::string sku) override;
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available) override;
  Task<Result<Product>> adjust(std::string sku, std::int64_t quantity, std::string reason) override;
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override;

 private:
  World& world_;
  Process& process_;
  Truth& truth_;
};

}  // namespace orderflow::world
