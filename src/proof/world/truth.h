#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  MemoryOrderStore latest_orders{latest};
  MemoryOrderStore durable_orders{durable};
  MemoryProductStore durable_products{durable};

  /// What a stale read shows of an order: its state before the latest change, null for none.
  struct Before {
    OrderPtr order;
    Duration changed_at{};
  };
  std::unordered_map<OrderId, Before> before;

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency);
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version, Transition transition);
  Task<Result<std::vector<OpenOrder>>> open_orders(std::int64_t after, std::int64_t limit);
  Task<Result<Adjustment>> adjust(std::string sku, std::int64_t quantity, std::string reason,
                                  std::optional<AdjustmentKey> key);
  /// Makes the oldest `count` commits durable.
  void flush(std::size_t count = SIZE_MAX);
  /// Drops what is not durable. Returns the orders that it was of.
  std::set<OrderId> roll_back();
  /// The stock in `latest` was changed from outside by `quantity`.
  void received(const std::string& sku, std::int64_t quantity);
  [[nodiscard]] std::size_t volatile_count() const { return group_.size(); }
  [[nodiscard]] std::vector<OrderPtr> stored() const;  ///< durable, by age
  [[nodiscard]] std::vector<Product> products() const;

 private:
  struct Volatile {
    OrderPtr order;
    bool moves_stock = false;
    std::vector<Product> products;  ///< whose stock it has moved, as they are after it
  };
  void make_durable(const Volatile& commit);

  World& world_;
  MemoryProductStore latest_products_{latest};
  std::vector<Volatile> group_;
};

/// Whether the local home answers a commit only once its group is on disk: one with a barrier, and
/// one that reserves stock, which only the writer can decide
/// (adapters/sqlite/orders/sqlite_order_store.cc).
[[nodiscard]] bool waits_for_the_disk(const Transition& transition);

/// "order 3" by the e-mail address that its client sends.
[[nodiscard]] std::uint32_t number_by_email(std::string_view email);
[[nodiscard]] std::string email_of(std::uint32_t number);

}  // namespace orderflow::world
