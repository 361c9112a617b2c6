#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sqlite/engine/database.h"
#include "adapters/sqlite/orders/queued_changes.h"
#include "adapters/sqlite/orders/recent_orders.h"
#include "ports/order_store.h"

namespace orderflow {

/// Orders in SQLite. An answer with a barrier comes after its fsync. Costs: create() and commit()
/// one place in a group of the writer's thread; load() nothing for a recent order, else one read on
/// the reader's thread; a page of list() one read, and a probe of the index for each 65,536 orders
/// stored. For the I/O thread.
class SqliteOrderStore final : public OrderStore {
 public:
  /// The database outlives the store, and the store every write.
  explicit SqliteOrderStore(sqlite::Database& database);

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override;

  /// Calls `on_lost` with each order whose commits did not reach the disk although some were
  /// answered: what is due is what the disk says, and nobody may have nudged that.
  void notify_lost(std::function<void(const OrderId&)> on_lost) {
    shared_->on_lost = std::move(on_lost);
  }

  /// For the start of the host: orders with a step due, in order of age, `limit` at a time, those
  /// with a seq above `after` (0: from the oldest). Fewer than `limit` is the end.
  Task<Result<std::vector<sqlite::OpenOrder>>> open_orders(std::int64_t after, std::int64_t limit);
  Task<Result<sqlite::OrderCounts>> counts();

 private:
  /// Shared with the writes that nobody waits for.
  struct Shared {
    sqlite::RecentOrders recent;
    sqlite::QueuedChanges queued;
    std::function<void(const OrderId&)> on_lost;
  };

  sqlite::Database& database_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace orderflow
