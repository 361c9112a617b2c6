#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "adapters/sqlite/engine/shop_database.h"
#include "adapters/sqlite/orders/recent_orders.h"
#include "ports/order_store.h"

namespace orderflow {

/// Orders in SQLite. Used on the I/O thread only. An answer to create(), or to a commit with a
/// barrier, comes after the fsync.
///
/// The way of a write to the disk and back:
///
///     I/O thread                                  writer's thread (database_thread.h)
///     ----------                                  -----------------------------------
///     create(order)
///       waits -------------------------> queue -> BEGIN
///     commit(transition) with barrier               OrderWriter::insert() or change() for each of
///       waits -------------------------> queue ->   the writes that have gathered
///     commit(transition) without barrier          COMMIT: one fsync for all of them
///       recent_.latest = next                        |
///       returns Committed -------------> queue ->    |
///                                                    |
///     recent_.durable = order  <----- results -------+
///     create() and commit() return
///
/// Two states of an order are known at a time (decision 2): `latest`, which processors build on,
/// and `durable`, which is on disk and is all that the outside world sees. The queue keeps the
/// order of commits, so a later commit on disk implies all earlier ones.
///
/// When a group cannot be written, the commits that were answered without waiting are lost:
/// recent_ forgets the order, notify_lost() is called, and what builds on a lost commit is a
/// VersionConflict, by its version or by its history (OrderWriter::change).
///
/// Costs: create() and commit() one place in a group of the writer's thread; load() nothing for a
/// recent order, else one read on the reader's thread; a page of list() one read, and one look into
/// an index for each 65,536 orders stored.
class SqliteOrderStore final : public OrderStore {
 public:
  /// The database outlives the store.
  explicit SqliteOrderStore(sqlite::ShopDatabase& database,
                            std::size_t recent_bytes_max = sqlite::kRecentOrdersBytesMax);

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<ParkedPage>> parked(std::int64_t limit, std::string cursor) override;

  /// Calls `on_lost` with each order of which an answered commit did not reach the disk. What is
  /// due is then what the disk says, and no nudge for that may be on its way.
  void notify_lost(sqlite::OnLost on_lost) { recent_->notify_lost(std::move(on_lost)); }

  /// Calls `on_unreadable` with the id of each order that list() or parked() leaves out since its row
  /// is damaged.
  void notify_unreadable(std::function<void(const std::string&)> on_unreadable) {
    on_unreadable_ = std::move(on_unreadable);
  }

  /// For the start: orders with a step due, oldest first, at most `limit` of those with a seq above
  /// `after`; 0 begins with the oldest. Fewer than `limit` are the last.
  Task<Result<std::vector<OpenOrder>>> open_orders(std::int64_t after, std::int64_t limit);
  Task<Result<OrderCounts>> counts();

 private:
  sqlite::ShopDatabase& database_;
  std::function<void(const std::string&)> on_unreadable_ = [](const std::string&) {};
  /// Shared with commits that were answered and are still on their way: they may outlive the store.
  std::shared_ptr<sqlite::RecentOrders> recent_;
};

}  // namespace orderflow
