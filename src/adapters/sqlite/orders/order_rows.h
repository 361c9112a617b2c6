#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sqlite/engine/connection.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/used_keys.h"
#include "ports/order_store.h"

// The rows of an order, as statements on one connection. Everything here runs on the thread that
// the connection belongs to and throws Failure.
namespace orderflow::sqlite {

/// Where an order stands in the tables, from its id alone: only for ids of version 7.
[[nodiscard]] std::int64_t seq_of(const OrderId& id);
[[nodiscard]] std::int64_t tail_of(const OrderId& id);
[[nodiscard]] OrderId id_of(std::int64_t seq, std::int64_t tail);
/// The first seq of a millisecond: all orders created before it have a smaller one.
[[nodiscard]] std::int64_t seq_at(Timestamp at);
[[nodiscard]] std::int64_t customer_hash(std::string_view email);
/// The `listed` column: see schema.h. nullopt for SHIPPED.
[[nodiscard]] std::optional<int> listed(const OrderState& state);
/// Whether an order that is listed so is at its end.
[[nodiscard]] bool ended(std::optional<int> listed);

/// What a statement needs of a new or changed order.
struct NewOrder {
  OrderId id;
  Timestamp created_at{};
  std::int64_t customer = 0;
  std::string body;
  std::string state;
  std::optional<Timestamp> due_at;
  std::optional<Idempotency> idempotency;
};
struct OrderChange {
  OrderId id;
  std::uint32_t expected_version = 0;
  std::uint32_t version = expected_version + 1;  ///< more where it is several steps in one
  Status from{};
  Status to{};
  std::optional<int> listed_before;
  std::optional<int> listed_after;
  std::optional<Timestamp> due_at;
  std::string state;
  StockMove stock_move{};
  std::vector<StockLine> stock;
};

/// An order that is not at its end nor parked; `due` is none where its row does not read.
struct OpenOrder {
  OrderId id;
  std::optional<DueStep> due;
  std::int64_t seq = 0;
};

/// How many orders there are of each status, and how many of them are parked.
struct OrderCounts {
  std::array<std::int64_t, kStatusCount> by_status{};
  std::int64_t parked = 0;
};

/// An order as its row has it: what one thread reads and another one unpacks. An order in pieces
/// (strings, vectors) costs more to hand from one core to another than to unpack.
struct PackedOrder {
  OrderId id;
  std::string bytes;  ///< the body, then the state
  std::size_t body_size = 0;
};
/// Corrupt where it does not read back.
[[nodiscard]] Result<Order> unpack(const PackedOrder& packed);

/// Reads orders; on the writer's connection it sees what the open transaction wrote.
class OrderReader {
 public:
  explicit OrderReader(Connection& db);

  /// nullopt where there is no such order; Corrupt where it does not read back.
  Result<std::optional<Order>> load(const OrderId& id);
  /// The same for another thread to unpack, written into `room`: memory that this thread took would
  /// have to find its way back from there.
  Result<std::optional<PackedOrder>> load_packed(const OrderId& id, std::string room = {});
  Result<Order> load_seq(std::int64_t seq);
  [[nodiscard]] std::optional<std::int64_t> find_seq(const OrderId& id);
  /// Orders that are parked, in order of seq.
  Result<std::vector<Order>> parked(std::int64_t limit);
  /// Orders due by then that are not parked, the longest overdue first.
  Result<std::vector<OpenOrder>> overdue(Timestamp due_before, std::int64_t limit);
  /// Orders that are neither at their end nor parked, with a seq above `after`, in order of seq.
  Result<std::vector<OpenOrder>> open_orders(std::int64_t after, std::int64_t limit);
  OrderCounts counts();
  /// The id with the greatest seq; nullopt in an empty store.
  std::optional<OrderId> newest();
  /// One page of `query`: its orders with a seq below `before`, newest first, and where to go on.
  struct Page {
    std::vector<Order> orders;
    std::optional<std::int64_t> next;
  };
  Result<Page> list(const OrderQuery& query, std::int64_t before);

 private:
  /// Seqs that match a query: all those from `floor` on.
  struct Matches {
    std::vector<std::int64_t> seqs;  ///< newest first
    std::int64_t floor = 0;
  };
  /// Matches with a seq in [from, before): `wanted` of them or more, unless there are fewer or they
  /// lie too far apart.
  Matches find(const OrderQuery& query, std::int64_t from, std::int64_t before,
               std::int64_t wanted);
  /// Adds to `matches` what has this status among rows of seq and status, newest first.
  void collect(Statement& rows, const std::optional<Status>& status, std::int64_t wanted,
               Matches& matches);
  Result<OrderId> read_id(const Statement& row);
  Result<PackedOrder> read_packed(const Statement& row, std::string room = {});
  Result<Order> read(const Statement& row);
  Result<std::vector<OpenOrder>> read_open(Statement& rows);

  Statement by_seq_;
  Statement alias_by_id_;
  Statement alias_by_seq_;
  Statement parked_;
  Statement open_;
  Statement overdue_;
  Statement newest_bucket_;
  Statement of_customer_;
  Statement all_;
  Statement in_list_;
  Statement counts_;
  Statement newest_;
};

/// Writes orders, within the transaction of a group.
class OrderWriter {
 public:
  explicit OrderWriter(Connection& db);

  enum class Inserted { Yes, KeyInUse, IdInUse };
  struct Insertion {
    Inserted outcome{};
    UsedKeys::Use use;  ///< where the key is in use
  };
  Insertion insert(const NewOrder& order);
  /// Who has the key, as of the newest day that any was used on; nullopt where it is free.
  std::optional<UsedKeys::Use> find_key(const Idempotency& idempotency) {
    return keys_.find(idempotency);
  }
  /// VersionConflict too where the stored state has this version, but another history: what the
  /// caller built upon was rolled back, and somebody else was first.
  CommitOutcome change(const OrderChange& change);

  /// Counts by status are summed up over a group and written once (see Worker::Hooks).
  void begin_group() { deltas_ = {}; }
  void write_counts();

 private:
  std::optional<std::int64_t> find_seq(const OrderId& id);
  bool sold_out(const std::vector<StockLine>& stock);
  void move_stock(StockMove move, const std::vector<StockLine>& stock);
  void count(int row, std::int64_t by) { deltas_[static_cast<std::size_t>(row)] += by; }

  Connection& db_;
  Statement insert_body_;
  Statement insert_order_;
  Statement insert_alias_;
  Statement find_alias_;
  Statement replace_;
  Statement replace_and_list_;
  Statement version_;
  Statement available_;
  Statement reserve_;
  Statement release_;
  Statement ship_;
  Statement add_count_;
  UsedKeys keys_;
  std::int64_t ordinal_ = 0;
  std::array<std::int64_t, kStatusCount + 1> deltas_{};
};

}  // namespace orderflow::sqlite
