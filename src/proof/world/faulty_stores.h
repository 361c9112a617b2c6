#pragma once

#include <functional>

#include "ports/product_store.h"
#include "proof/world/truth.h"

// The stores as a program sees them: calls of the Truth, with faults on their way.
namespace orderflow::world {

/// The error of a call that failed by this fault.
[[nodiscard]] std::unexpected<Error> error_of(World& world, const Met& met);

/// The program's side of its stores.
struct StoreClient {
  World& world;
  Process& process;
  Truth& truth;

  /// A call whose `effect` happens unless its fault comes before. Where the read is stale,
  /// `make_stale` puts an older state in place of what it read.
  template <typename T, typename MakeStale>
  [[nodiscard]] Task<Result<T>> call(Point point, std::uint32_t order, Task<Result<T>> effect,
                                     MakeStale make_stale) const {
    const Met met = co_await world.call(process, point, order);
    if (met.fails_before()) co_return error_of(world, met);
    Result<T> result = co_await std::move(effect);
    if (result && met.is(Fault::StaleRead)) make_stale(result);
    co_await world.answer(process, met);
    if (met.fails_after()) co_return error_of(world, met);
    co_return result;
  }
  template <typename T>
  [[nodiscard]] Task<Result<T>> call(Point point, Task<Result<T>> effect) const {
    return call(point, kNoOrder, std::move(effect), [](Result<T>&) {});
  }
};

class FaultyOrderStore final : public OrderStore {
 public:
  explicit FaultyOrderStore(StoreClient client) : client_(client) {}

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<ParkedPage>> parked(std::int64_t limit, std::string cursor) override;

  // Of the local home's store alone.
  void notify_lost(std::function<void(const OrderId&)> on_lost) { on_lost_ = std::move(on_lost); }
  Task<Result<std::vector<OpenOrder>>> open_orders(std::int64_t after, std::int64_t limit);

 private:
  void lose_group();
  void flush_soon(const Site& site);

  StoreClient client_;
  std::function<void(const OrderId&)> on_lost_;
};

class FaultyProductStore final : public ProductStore {
 public:
  explicit FaultyProductStore(StoreClient client) : client_(client) {}

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override;
  Task<Result<std::vector<std::optional<std::string>>>> similar(
      std::vector<std::string> skus) override;
  Task<Result<Product>> get(std::string sku) override;
  Task<Result<Adjustment>> adjust(std::string sku, std::int64_t quantity, std::string reason,
                                  std::optional<AdjustmentKey> key) override;

  // No client of a world asks for these.
  Task<Result<Put>> put(std::string sku, CatalogueEntry, std::optional<std::int64_t>,
                        PutCondition) override {
    co_return failure(ErrorCode::InvalidInput, "not in a world: " + sku);
  }
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override {
    return client_.truth.durable_products.list(limit, std::move(cursor));
  }

 private:
  StoreClient client_;
};

}  // namespace orderflow::world
