#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "adapters/sqlite/orders/used_keys.h"
#include "order/model/order.h"
#include "ports/order_store.h"

namespace orderflow::sqlite {

/// Writes orders. Used on the thread of its connection only. Throws SqliteError.
///
/// The caller begins a transaction, calls begin_group(), inserts and changes orders, calls
/// end_group() and commits.
class OrderWriter {
 public:
  explicit OrderWriter(SqliteConnection& db);

  /// Forgets what a group that was rolled back has counted.
  void begin_group() { counted_ = {}; }
  /// Writes the numbers of orders by status: once a group, since each order changes them.
  void end_group();

  enum class Inserted { Yes, KeyInUse, IdInUse };
  struct Insertion {
    Inserted outcome{};
    UsedKeys::Use use;  ///< of the key, where it is in use
  };
  /// Stores an order that is new to the shop, in whatever state it is. Writes nothing unless the
  /// outcome is Yes.
  Insertion insert(const Order& order, const std::optional<Idempotency>& idempotency) {
    return insert(order, idempotency, order.body->created_at);
  }
  /// The same for an import: its keys count as used now, whenever their orders were created.
  Insertion insert_imported(const Order& order, const std::optional<Idempotency>& idempotency) {
    return insert(order, idempotency, std::nullopt);
  }

  /// The use of the key; nullopt where it is free.
  std::optional<UsedKeys::Use> find_key(const Idempotency& idempotency) {
    return keys_.find(idempotency);
  }

  /// Replaces the state of an order that is stored with `expected_version` by that of `next`, and
  /// moves the stock of its last event. VersionConflict where the stored order has another version,
  /// or the same version and another history: the caller then built on a commit that was rolled
  /// back, and another commit has taken its place since.
  CommitOutcome change(const Order& next, std::uint32_t expected_version, StockMove stock_move);

 private:
  Insertion insert(const Order& order, const std::optional<Idempotency>& idempotency,
                   std::optional<Timestamp> key_used_at);
  std::optional<std::int64_t> find_seq(const OrderId& id);
  std::optional<std::int64_t> find_alias(const OrderId& id);
  /// Whether the row that the id names holds the order of this id.
  bool has_named_row(const OrderId& id);
  /// The first seq behind all orders of that millisecond; of a later one where it has no room.
  std::int64_t free_seq(Timestamp at);
  bool available(const std::vector<StockLine>& stock);
  /// Adds `by` to the count of a status, or to that of parked orders (kStatusCount).
  void count(int row, std::int64_t by) { counted_[static_cast<std::size_t>(row)] += by; }
  void move_stock(StockMove move, const std::vector<StockLine>& stock);

  SqliteConnection& db_;
  Statement insert_body_;
  Statement insert_order_;
  Statement insert_alias_;
  Statement find_alias_;
  Statement tail_at_;
  Statement last_before_;
  Statement stored_;
  Statement replace_;
  Statement replace_and_list_;
  Statement available_;
  Statement reserve_;
  Statement release_;
  Statement ship_;
  Statement add_count_;
  UsedKeys keys_;
  std::int64_t ordinal_ = 0;  ///< orders stored before the next one, as far as buckets go
  std::array<std::int64_t, kStatusCount + 1> counted_{};
};

}  // namespace orderflow::sqlite
