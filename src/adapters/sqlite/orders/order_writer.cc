#include <algorithm>

#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_rows.h"
#include "base/check.h"

namespace orderflow::sqlite {
namespace {

std::int64_t ms(Timestamp at) { return at.time_since_epoch().count(); }

void bind_due(Statement& statement, int index, const std::optional<Timestamp>& due_at) {
  due_at ? statement.bind(index, ms(*due_at)) : statement.bind_null(index);
}

void bind_listed(Statement& statement, int index, const std::optional<int>& listed) {
  listed ? statement.bind(index, *listed) : statement.bind_null(index);
}

}  // namespace

OrderWriter::OrderWriter(Connection& db)
    : db_((db.define("continues", continues), db)),
      insert_body_(db.prepare("INSERT OR IGNORE INTO bodies (seq, tail, bucket, customer, body) "
                              "VALUES (?1, ?2, ?3, ?4, ?5)")),
      insert_order_(db.prepare("INSERT INTO orders (seq, version, status, listed, due_at, state) "
                               "VALUES (?1, 1, 0, ?2, ?3, ?4)")),
      insert_alias_(db.prepare("INSERT INTO id_alias (id, seq) VALUES (?1, ?2)")),
      find_alias_(db.prepare("SELECT seq FROM id_alias WHERE id = ?1")),
      replace_(db.prepare("UPDATE orders SET version = ?3, status = ?4, due_at = ?5, state = ?6 "
                          "WHERE seq = ?1 AND version = ?2 AND continues(?6, state)")),
      replace_and_list_(db.prepare(
          "UPDATE orders SET version = ?3, status = ?4, due_at = ?5, state = ?6, listed = ?7, "
          "(tail, body) = (SELECT tail, body FROM bodies WHERE seq = ?1 AND ?8) "
          "WHERE seq = ?1 AND version = ?2 AND continues(?6, state)")),
      version_(db.prepare("SELECT version FROM orders WHERE seq = ?1")),
      available_(db.prepare("SELECT available FROM products WHERE sku = ?1")),
      reserve_(db.prepare("UPDATE products SET available = available - ?2, "
                          "reserved = reserved + ?2 WHERE sku = ?1")),
      release_(db.prepare("UPDATE products SET available = available + ?2, "
                          "reserved = reserved - ?2 WHERE sku = ?1")),
      ship_(db.prepare("UPDATE products SET shipped = shipped + ?2, reserved = reserved - ?2 "
                       "WHERE sku = ?1")),
      add_count_(db.prepare("INSERT INTO order_counts (status, n) VALUES (?1, ?2) "
                            "ON CONFLICT (status) DO UPDATE SET n = n + excluded.n")),
      keys_(db) {
  Statement newest = db.prepare(
      "SELECT b, (SELECT count(*) FROM bodies WHERE bucket = b) FROM (SELECT max(bucket) AS b FROM "
      "bodies)");
  newest.step();
  ordinal_ = newest.integer(0) * kOrdersPerBucket + newest.integer(1);
}

OrderWriter::Insertion OrderWriter::insert(const NewOrder& order) {
  if (order.idempotency) {
    if (const auto use = keys_.find(*order.idempotency, order.created_at)) {
      return {Inserted::KeyInUse, *use};
    }
  }

  const bool ours = order.id.version() == 7;
  if (!ours && find_seq(order.id)) return {Inserted::IdInUse};
  std::int64_t seq = ours ? seq_of(order.id) : seq_at(order.created_at);
  ours ? insert_body_.bind(2, tail_of(order.id)) : insert_body_.bind_null(2);
  insert_body_.bind(3, ordinal_ / kOrdersPerBucket).bind(4, order.customer);
  insert_body_.bind_blob(5, order.body);
  insert_body_.bind(1, seq).run();
  while (db_.changes() == 0) {
    if (ours) return {Inserted::IdInUse};
    insert_body_.bind(1, ++seq).run();
  }
  ++ordinal_;
  if (!ours) insert_alias_.bind_blob(1, order.id.bytes()).bind(2, seq).run();

  bind_due(insert_order_, 3, order.due_at);
  insert_order_.bind(1, seq).bind(2, kListedOpen).bind_blob(4, order.state).run();
  if (order.idempotency) keys_.insert(*order.idempotency, order.created_at, seq);
  count(static_cast<int>(Status::Pending), 1);
  return {Inserted::Yes};
}

std::optional<std::int64_t> OrderWriter::find_seq(const OrderId& id) {
  if (id.version() == 7) return seq_of(id);
  const ResetAtEnd reset(find_alias_);
  if (!find_alias_.bind_blob(1, id.bytes()).step()) return std::nullopt;
  return find_alias_.integer(0);
}

CommitOutcome OrderWriter::change(const OrderChange& change) {
  const auto seq = find_seq(change.id);
  if (!seq) return CommitOutcome::VersionConflict;
  if (change.stock_move == StockMove::Reserve && sold_out(change.stock)) {
    // A doubled nudge may find the stock gone because the first one took it.
    const ResetAtEnd reset(version_);
    const bool current =
        version_.bind(1, *seq).step() && version_.integer(0) == change.expected_version;
    return current ? CommitOutcome::SoldOut : CommitOutcome::VersionConflict;
  }
  const bool relist = change.listed_before != change.listed_after;
  Statement& replace = relist ? replace_and_list_ : replace_;
  if (relist) {
    bind_listed(replace, 7, change.listed_after);
    replace.bind(8, ended(change.listed_after) ? 1 : 0);
  }
  bind_due(replace, 5, change.due_at);
  replace.bind(1, *seq).bind(2, change.expected_version).bind(3, change.version);
  replace.bind(4, static_cast<int>(change.to)).bind_blob(6, change.state).run();
  if (db_.changes() == 0) return CommitOutcome::VersionConflict;
  move_stock(change.stock_move, change.stock);
  count(static_cast<int>(change.from), -1);
  count(static_cast<int>(change.to), 1);
  if (change.listed_before == kListedParked) count(kStatusCount, -1);
  if (change.listed_after == kListedParked) count(kStatusCount, 1);
  return CommitOutcome::Committed;
}

bool OrderWriter::sold_out(const std::vector<StockLine>& stock) {
  for (const StockLine& line : stock) {
    const ResetAtEnd reset(available_);
    if (!available_.bind_text(1, line.sku).step()) return true;
    if (available_.integer(0) < line.quantity) return true;
  }
  return false;
}

void OrderWriter::move_stock(StockMove move, const std::vector<StockLine>& stock) {
  if (move == StockMove::None) return;
  Statement& statement = move == StockMove::Reserve   ? reserve_
                         : move == StockMove::Release ? release_
                                                      : ship_;
  for (const StockLine& line : stock) {
    statement.bind_text(1, line.sku).bind(2, line.quantity).run();
    CHECK(db_.changes() == 1);  // products are never deleted, and the order holds this much
  }
}

void OrderWriter::write_counts() {
  for (std::size_t i = 0; i < deltas_.size(); ++i) {
    if (deltas_[i] == 0) continue;
    const bool parked = i == static_cast<std::size_t>(kStatusCount);
    add_count_.bind(1, parked ? kParkedCount : static_cast<std::int64_t>(i));
    add_count_.bind(2, deltas_[i]).run();
  }
}

}  // namespace orderflow::sqlite
