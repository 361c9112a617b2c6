#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "order/rules/due.h"
#include "ports/order_store.h"

namespace orderflow::sqlite {

/// Reads orders; on the writer's connection it sees what the open transaction wrote. Used on the
/// thread of its connection only. Throws SqliteError.
class OrderReader {
 public:
  explicit OrderReader(SqliteConnection& db);

  /// nullopt where there is no such order; Corrupt where its row is.
  Result<std::optional<Order>> load(const OrderId& id);
  /// The same for another thread to unpack, written into the memory of `room`, which that thread
  /// allocated.
  Result<std::optional<PackedOrder>> load_packed(const OrderId& id, std::string room = {});
  Result<Order> load_seq(std::int64_t seq);
  /// The row that holds the order, where it is stored.
  [[nodiscard]] std::optional<std::int64_t> find_seq(const OrderId& id);
  struct Parked {
    std::vector<ParkedOrder> orders;
    std::vector<std::string> unreadable;  ///< the names of those that are damaged
    /// The seq that the next page follows; nullopt where this is the last.
    std::optional<std::int64_t> next;
  };
  /// Orders that are parked, with a seq above `after`, oldest first; `limit` rows at most.
  Parked parked(std::int64_t after, std::int64_t limit);
  /// Orders due by then that are not parked, the longest overdue first.
  Result<std::vector<OpenOrder>> overdue(Timestamp due_before, std::int64_t limit);
  /// Orders that have neither ended nor been parked, with a seq above `after`, oldest first.
  Result<std::vector<OpenOrder>> open_orders(std::int64_t after, std::int64_t limit);
  OrderCounts counts();
  bool has_orders();
  /// One page of `query`: its orders with a seq below `before`, newest first, and the `before` of
  /// the next page. A page may be short, or empty, where its orders lie far apart, and short where they
  /// are large.
  struct Page {
    std::vector<Order> orders;
    std::vector<std::string> unreadable;  ///< ids of those that are damaged; they are left out
    std::optional<std::int64_t> next;
  };
  Page list(const OrderQuery& query, std::int64_t before);

 private:
  /// Seqs that match a query. They are complete from `floor` on.
  struct Matches {
    std::vector<std::int64_t> seqs;  ///< newest first
    std::int64_t floor = 0;
  };
  /// Matches with a seq in [from, before): at least `wanted` of them, unless there are fewer or
  /// they lie too far apart.
  Matches find(const OrderQuery& query, std::int64_t from, std::int64_t before,
               std::int64_t wanted);
  /// Adds to `matches` the rows with this status. `rows` gives seq and status, newest first.
  void collect(Statement& rows, const std::optional<Status>& status, std::int64_t wanted,
               Matches& matches);
  Result<OrderId> read_id(const Statement& row);
  Result<PackedOrder> read_packed(const Statement& row, std::string room = {});
  Result<Order> read(const Statement& row);
  /// The order's id where that can still be read, else "row 17".
  std::string name_of(const Statement& row);
  Result<std::vector<OpenOrder>> read_open(Statement& rows);

  Statement by_seq_;
  Statement alias_by_id_;
  Statement alias_by_seq_;
  Statement listed_after_;
  Statement overdue_;
  Statement newest_bucket_;
  Statement of_customer_;
  Statement all_;
  Statement in_list_;
  Statement counts_;
  Statement any_;
};

}  // namespace orderflow::sqlite
