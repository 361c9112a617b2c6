#include "adapters/sqlite/orders/order_writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>
#include <vector>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"

namespace orderflow::sqlite {
namespace {

/// Binds ?1 to ?5, which mean the same in all statements on `orders`. `state` must live until the
/// statement has run.
void bind_order(Statement& statement, std::int64_t seq, const Order& order,
                const std::string& state) {
  const auto& due_at = order.state.due_at;
  statement.bind(1, seq).bind(2, order.version()).bind(3, static_cast<int>(order.state.status));
  due_at ? statement.bind(4, epoch_ms(*due_at)) : statement.bind_null(4);
  statement.bind_blob(5, state);
}

void bind_listed(Statement& statement, const std::optional<int>& list) {
  list ? statement.bind(6, *list) : statement.bind_null(6);
}

}  // namespace

OrderWriter::OrderWriter(SqliteConnection& db)
    : db_(db),
      insert_body_(db.prepare("INSERT OR IGNORE INTO bodies (seq, tail, bucket, customer, body) "
                              "VALUES (?1, ?2, ?3, ?4, ?5)")),
      insert_order_(db.prepare("INSERT INTO orders (seq, version, status, due_at, state, listed, "
                               "tail, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      insert_alias_(db.prepare("INSERT INTO id_alias (id, seq) VALUES (?1, ?2)")),
      find_alias_(db.prepare("SELECT seq FROM id_alias WHERE id = ?1")),
      tail_at_(db.prepare("SELECT tail FROM bodies WHERE seq = ?1")),
      last_before_(db.prepare("SELECT max(seq) FROM bodies WHERE seq < ?1")),
      stored_(db.prepare("SELECT version, status, listed, state FROM orders WHERE seq = ?1")),
      // SQLite takes an indexed column that is set out of its index and puts it back, whether or
      // not it changes: most commits leave `listed` alone.
      replace_(db.prepare("UPDATE orders SET version = ?2, status = ?3, due_at = ?4, state = ?5 "
                          "WHERE seq = ?1")),
      replace_and_list_(
          db.prepare("UPDATE orders SET version = ?2, status = ?3, due_at = ?4, state = ?5, "
                     "listed = ?6, (tail, body) = (SELECT tail, body FROM bodies "
                     "WHERE seq = ?1 AND ?7) WHERE seq = ?1")),
      available_(db.prepare("SELECT available FROM products WHERE sku = ?1")),
      reserve_(db.prepare("UPDATE products SET available = available - ?2, "
                          "reserved = reserved + ?2 WHERE sku = ?1")),
      release_(db.prepare("UPDATE products SET available = available + ?2, "
                          "reserved = reserved - ?2 WHERE sku = ?1 AND reserved >= ?2")),
      ship_(db.prepare("UPDATE products SET shipped = shipped + ?2, reserved = reserved - ?2 "
                       "WHERE sku = ?1 AND reserved >= ?2")),
      add_count_(db.prepare("INSERT INTO order_counts (status, n) VALUES (?1, ?2) "
                            "ON CONFLICT (status) DO UPDATE SET n = n + excluded.n")),
      keys_(db) {
  Statement newest = db.prepare(
      "SELECT b, (SELECT count(*) FROM bodies WHERE bucket = b) FROM (SELECT max(bucket) AS b FROM "
      "bodies)");
  newest.step();
  ordinal_ = newest.integer(0) * kOrdersPerBucket + newest.integer(1);
}

OrderWriter::Insertion OrderWriter::insert(const Order& order,
                                           const std::optional<Idempotency>& idempotency,
                                           std::optional<Timestamp> key_used_at) {
  if (idempotency) {
    if (const auto use = keys_.find(*idempotency)) return {Inserted::KeyInUse, *use};
  }
  if (find_alias(order.id())) return {Inserted::IdInUse};

  const std::string body = pack_body(*order.body);
  insert_body_.bind(3, ordinal_ / kOrdersPerBucket);
  const std::int64_t customer = customer_hash(order.body->customer_email);
  insert_body_.bind(4, customer).bind_blob(5, body);
  const Timestamp created_at = order.body->created_at;
  std::int64_t seq = seq_of(order.id());
  bool named = names_row(order.id(), created_at);
  if (named) {
    insert_body_.bind(1, seq).bind(2, tail_of(order.id())).run();
    named = db_.changes() == 1;
  }
  if (!named) {
    if (has_named_row(order.id())) return {Inserted::IdInUse};
    seq = free_seq(created_at);
    insert_body_.bind(1, seq).bind_null(2).run();
    insert_alias_.bind_blob(1, order.id().bytes()).bind(2, seq).run();
  }
  ++ordinal_;

  const std::string state = pack_state(order.state);
  const std::optional<int> list = listed(order.state);
  const bool copies = ended(list);
  const bool copies_tail = copies && named;
  bind_order(insert_order_, seq, order, state);
  bind_listed(insert_order_, list);
  copies_tail ? insert_order_.bind(7, tail_of(order.id())) : insert_order_.bind_null(7);
  copies ? insert_order_.bind_blob(8, body) : insert_order_.bind_null(8);
  insert_order_.run();
  if (idempotency) keys_.insert(*idempotency, key_used_at, seq, customer);
  count(static_cast<int>(order.state.status), 1);
  if (list == kListedParked) count(kStatusCount, 1);
  return {Inserted::Yes};
}

std::int64_t OrderWriter::free_seq(Timestamp at) {
  // While the clock stands before 1970, orders take the first free rows of 1970.
  at = std::max(at, Timestamp());
  for (;; at += Duration(1)) {
    const std::int64_t end = seq_at(at + Duration(1));
    const ResetAtEnd reset(last_before_);
    last_before_.bind(1, end).step();
    const std::int64_t last = last_before_.is_null(0) ? 0 : last_before_.integer(0);
    if (last + 1 < end) return std::max(seq_at(at), last + 1);
  }
}

bool OrderWriter::has_named_row(const OrderId& id) {
  if (id.version() != 7) return false;
  const ResetAtEnd reset(tail_at_);
  return tail_at_.bind(1, seq_of(id)).step() && !tail_at_.is_null(0) &&
         tail_at_.integer(0) == tail_of(id);
}

std::optional<std::int64_t> OrderWriter::find_alias(const OrderId& id) {
  const ResetAtEnd reset(find_alias_);
  if (!find_alias_.bind_blob(1, id.bytes()).step()) return std::nullopt;
  return find_alias_.integer(0);
}

std::optional<std::int64_t> OrderWriter::find_seq(const OrderId& id) {
  if (const auto alias = find_alias(id)) return alias;
  if (id.version() == 7) return seq_of(id);
  return std::nullopt;
}

CommitOutcome OrderWriter::change(const Order& next, std::uint32_t expected_version,
                                  StockMove stock_move) {
  const auto seq = find_seq(next.id());
  if (!seq) return CommitOutcome::VersionConflict;
  const std::string state = pack_state(next.state);
  const std::optional<int> list = listed(next.state);
  int status_before = 0;
  std::optional<int> list_before;
  {
    const ResetAtEnd reset(stored_);
    if (!stored_.bind(1, *seq).step() || stored_.integer(0) != expected_version ||
        !continues(state, stored_.bytes(3))) {
      return CommitOutcome::VersionConflict;
    }
    status_before = static_cast<int>(stored_.integer(1));
    if (!stored_.is_null(2)) list_before = static_cast<int>(stored_.integer(2));
  }
  const std::vector<StockLine>& stock = next.state.events.back().stock;
  if (stock_move == StockMove::Reserve && !available(stock)) return CommitOutcome::SoldOut;

  Statement& replace = list == list_before ? replace_ : replace_and_list_;
  bind_order(replace, *seq, next, state);
  if (list != list_before) {
    bind_listed(replace, list);
    replace.bind(7, ended(list) ? 1 : 0);
  }
  replace.run();
  move_stock(stock_move, stock);
  count(status_before, -1);
  count(static_cast<int>(next.state.status), 1);
  if (list_before == kListedParked) count(kStatusCount, -1);
  if (list == kListedParked) count(kStatusCount, 1);
  return CommitOutcome::Committed;
}

bool OrderWriter::available(const std::vector<StockLine>& stock) {
  for (const StockLine& line : stock) {
    const ResetAtEnd reset(available_);
    if (!available_.bind_text(1, line.sku).step()) return false;
    if (available_.integer(0) < line.quantity) return false;
  }
  return true;
}

void OrderWriter::move_stock(StockMove move, const std::vector<StockLine>& stock) {
  if (move == StockMove::None) return;
  Statement& statement = move == StockMove::Reserve   ? reserve_
                         : move == StockMove::Release ? release_
                                                      : ship_;
  for (const StockLine& line : stock) {
    statement.bind_text(1, line.sku).bind(2, line.quantity).run();
    if (db_.changes() == 1) continue;
    throw SqliteError(SQLITE_CORRUPT, "less of " + line.sku + " is reserved than the order holds");
  }
}

void OrderWriter::end_group() {
  for (int row = 0; row <= kStatusCount; ++row) {
    const std::int64_t by = counted_[static_cast<std::size_t>(row)];
    if (by != 0) add_count_.bind(1, row == kStatusCount ? kParkedCount : row).bind(2, by).run();
  }
}

}  // namespace orderflow::sqlite
