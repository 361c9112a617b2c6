#pragma once

#include <functional>

#include "adapters/memory/memory_store.h"
#include "proof/world/world.h"

namespace orderflow::world {

/// What is stored, in two states: the newest, and what is on the disk. Commits between the two are
/// lost by a crash, from the end. Serverless, both are the same.
class Truth {
 public:
  explicit Truth(World& world) : world_(world) {}

  MemoryStore latest;
  MemoryStore durable;
  /// What a stale read shows of an order: its state before the latest change, null for none.
  struct Before {
    OrderPtr order;
    Duration changed_at{};
  };
  std::unordered_map<OrderId, Before> before;

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency);
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version, Transition transition);
  /// Makes durable what was committed, all of it or the first `count`.
  void flush(std::size_t count = SIZE_MAX);
  /// Takes back what is not durable, and says whose it was.
  std::set<OrderId> roll_back();
  /// `change` changed stock in `latest` from outside by `quantity`.
  void received(const std::string& sku, std::int64_t quantity);
  [[nodiscard]] std::size_t volatile_count() const { return group_.size(); }
  [[nodiscard]] std::vector<OrderPtr> stored() const;  ///< durable, by age
  [[nodiscard]] std::vector<Product> products() const;

 private:
  struct Volatile {
    OrderPtr order;
    StockMove move;
  };
  void make_durable(const Volatile& commit);

  World& world_;
  std::vector<Volatile> group_;
};

/// "order 3" by the e-mail address that its client sends.
[[nodiscard]] std::uint32_t number_by_email(std::string_view email);
[[nodiscard]] std::string email_of(std::uint32_t number);

[[nodiscard]] std::unexpected<Error> error_of(World& world, const Met& met);

class FaultyOrderStore final : public OrderStore {
 public:
  /// `on_lost`: of notify_lost() of the local home's store.
  FaultyOrderStore(World& world, Process& process, Truth& truth,
                   std::function<void(const OrderId&)> on_lost)
      : world_(world), process_(process), truth_(truth), on_lost_(std::move(on_lost)) {}

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override;

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
