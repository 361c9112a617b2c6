#include "adapters/sqlite/order_rows.h"

#include <openssl/sha.h>

#include <algorithm>
#include <limits>

#include "adapters/stored/stored_order.h"
#include "base/check.h"
#include "base/limits.h"

namespace orderflow::sqlite {
namespace {

constexpr int kCounterBits = 12;
/// Orders that one page looks at where it must filter what it reads.
constexpr std::int64_t kExaminedMax = 2'000;
constexpr std::int64_t kMsPerDay = 24 * 60 * 60 * 1'000;
/// Every so many keys a few of those that need not be honoured any longer are deleted.
constexpr std::int64_t kForgetEvery = 256;

std::int64_t ms(Timestamp at) { return at.time_since_epoch().count(); }

std::uint64_t big_endian(const std::uint8_t* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

OrderId id_of(std::int64_t seq, std::int64_t tail) {
  const auto s = static_cast<std::uint64_t>(seq);
  const std::uint64_t high = (s >> kCounterBits) << 16 | 0x7000U | (s & ((1U << kCounterBits) - 1));
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(tail) >> (56 - 8 * i));
  }
  return OrderId(bytes);
}

std::int64_t seq_bound(const std::optional<Timestamp>& at, std::int64_t otherwise) {
  return at ? seq_at(*at) : otherwise;
}

void bind_due(Statement& statement, int index, const std::optional<Timestamp>& due_at) {
  due_at ? statement.bind(index, ms(*due_at)) : statement.bind_null(index);
}

void bind_listed(Statement& statement, int index, const std::optional<int>& listed) {
  listed ? statement.bind(index, *listed) : statement.bind_null(index);
}

}  // namespace

std::int64_t seq_of(const OrderId& id) {
  const std::uint64_t high = big_endian(id.bytes().data(), 8);
  return static_cast<std::int64_t>((high >> 16) << kCounterBits |
                                   (high & ((1U << kCounterBits) - 1)));
}

std::int64_t tail_of(const OrderId& id) {
  return static_cast<std::int64_t>(big_endian(id.bytes().data() + 8, 8));
}

std::int64_t seq_at(Timestamp at) { return std::max<std::int64_t>(ms(at), 0) << kCounterBits; }

std::int64_t customer_hash(std::string_view email) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(email.data()), email.size(), digest.data());
  return static_cast<std::int64_t>(big_endian(digest.data(), 8));
}

std::optional<int> listed(const OrderState& state) {
  if (!terminal(state)) return state.attention ? kListedParked : kListedOpen;
  if (state.status == Status::Shipped) return std::nullopt;
  return kListedEnded + static_cast<int>(state.status);
}

// ---------------------------------------------------------------------------------------- reading

#define ORDER_COLUMNS \
  "SELECT b.seq, b.tail, b.body, o.state FROM orders o JOIN bodies b USING (seq) "

OrderReader::OrderReader(Connection& db)
    : by_seq_(db.prepare(ORDER_COLUMNS "WHERE o.seq = ?1")),
      alias_by_id_(db.prepare("SELECT seq FROM id_alias WHERE id = ?1")),
      alias_by_seq_(db.prepare("SELECT id FROM id_alias WHERE seq = ?1")),
      in_list_(
          db.prepare(ORDER_COLUMNS "WHERE o.listed = ?1 AND o.seq > ?2 ORDER BY o.seq LIMIT ?3")),
      overdue_(db.prepare(ORDER_COLUMNS
                          "WHERE o.listed = ?1 AND o.due_at <= ?2 ORDER BY o.due_at LIMIT ?3")),
      newest_bucket_(db.prepare("SELECT max(bucket) FROM bodies")),
      of_customer_(db.prepare("SELECT seq FROM bodies WHERE bucket = ?1 AND customer = ?2 "
                              "AND seq >= ?3 AND seq < ?4 ORDER BY seq DESC LIMIT ?5")),
      all_(db.prepare("SELECT seq FROM orders WHERE seq >= ?1 AND seq < ?2 "
                      "ORDER BY seq DESC LIMIT ?3")),
      shipped_(db.prepare("SELECT seq FROM orders WHERE seq >= ?1 AND seq < ?2 AND status = ?4 "
                          "ORDER BY seq DESC LIMIT ?3")),
      short_list_(db.prepare("SELECT seq FROM orders WHERE listed = ?1 AND status = ?2 "
                             "AND seq >= ?3 AND seq < ?4 ORDER BY seq DESC LIMIT ?5")),
      counts_(db.prepare("SELECT status, n FROM order_counts")),
      newest_(db.prepare("SELECT seq, tail FROM bodies ORDER BY seq DESC LIMIT 1")) {}

std::optional<std::int64_t> OrderReader::find_seq(const OrderId& id) {
  if (id.version() == 7) return seq_of(id);
  const ResetAtEnd reset(alias_by_id_);
  if (!alias_by_id_.bind_blob(1, id.bytes()).step()) return std::nullopt;
  return alias_by_id_.integer(0);
}

Result<std::optional<Order>> OrderReader::load(const OrderId& id) {
  const auto seq = find_seq(id);
  if (!seq) return std::nullopt;
  const ResetAtEnd reset(by_seq_);
  if (!by_seq_.bind(1, *seq).step()) return std::nullopt;
  auto order = read(by_seq_);
  if (!order) return std::unexpected(std::move(order.error()));
  if (order->id() != id) return std::nullopt;
  return std::move(*order);
}

Result<Order> OrderReader::load_seq(std::int64_t seq) {
  const ResetAtEnd reset(by_seq_);
  if (!by_seq_.bind(1, seq).step()) {
    return failure(ErrorCode::Corrupt, "an order has no row " + std::to_string(seq));
  }
  return read(by_seq_);
}

Result<Order> OrderReader::read(Statement& row) {
  OrderId id;
  if (row.is_null(1)) {
    const ResetAtEnd reset(alias_by_seq_);
    alias_by_seq_.bind(1, row.integer(0)).step();
    const auto bytes = alias_by_seq_.blob(0);
    if (bytes.size() != 16) return failure(ErrorCode::Corrupt, "an order has no id");
    std::array<std::uint8_t, 16> copy;
    std::ranges::copy(bytes, copy.begin());
    id = OrderId(copy);
  } else {
    id = id_of(row.integer(0), row.integer(1));
  }
  auto body = decode_body(id, row.text(2));
  if (!body) return std::unexpected(std::move(body.error()));
  auto state = decode_state(row.text(3));
  if (!state) return std::unexpected(std::move(state.error()));
  return Order{std::make_shared<const OrderBody>(std::move(*body)), std::move(*state)};
}

Result<std::vector<Order>> OrderReader::in_list(int list, std::int64_t after, std::int64_t limit) {
  const ResetAtEnd reset(in_list_);
  in_list_.bind(1, list).bind(2, after).bind(3, limit);
  std::vector<Order> orders;
  while (in_list_.step()) {
    auto order = read(in_list_);
    if (!order) return std::unexpected(std::move(order.error()));
    orders.push_back(std::move(*order));
  }
  return orders;
}

Result<std::vector<Order>> OrderReader::overdue(Timestamp due_before, std::int64_t limit) {
  const ResetAtEnd reset(overdue_);
  overdue_.bind(1, kListedOpen).bind(2, ms(due_before)).bind(3, limit);
  std::vector<Order> orders;
  while (overdue_.step()) {
    auto order = read(overdue_);
    if (!order) return std::unexpected(std::move(order.error()));
    orders.push_back(std::move(*order));
  }
  return orders;
}

Result<std::vector<OpenOrder>> OrderReader::open_orders(std::int64_t after, std::int64_t limit) {
  const ResetAtEnd reset(in_list_);
  in_list_.bind(1, kListedOpen).bind(2, after).bind(3, limit);
  std::vector<OpenOrder> orders;
  while (in_list_.step()) {
    auto order = read(in_list_);
    if (!order) return std::unexpected(std::move(order.error()));
    orders.push_back({order->id(), due(order->state), in_list_.integer(0)});
  }
  return orders;
}

OrderCounts OrderReader::counts() {
  const ResetAtEnd reset(counts_);
  OrderCounts counts;
  while (counts_.step()) {
    const auto row = static_cast<std::size_t>(counts_.integer(0));
    if (row == kParkedCount) counts.parked = counts_.integer(1);
    if (row < counts.by_status.size()) counts.by_status[row] = counts_.integer(1);
  }
  return counts;
}

std::optional<OrderId> OrderReader::newest() {
  const ResetAtEnd reset(newest_);
  if (!newest_.step()) return std::nullopt;
  return id_of(newest_.integer(0), newest_.integer(1));
}

void OrderReader::collect(Statement& statement, std::vector<std::int64_t>& seqs) {
  const ResetAtEnd reset(statement);
  while (statement.step()) seqs.push_back(statement.integer(0));
}

std::vector<std::int64_t> OrderReader::candidates(const OrderQuery& query, std::int64_t from,
                                                  std::int64_t before, std::int64_t count) {
  std::vector<std::int64_t> seqs;
  if (query.customer_email) {
    newest_bucket_.step();
    const std::int64_t newest = newest_bucket_.integer(0);
    newest_bucket_.reset();
    of_customer_.bind(2, customer_hash(*query.customer_email));
    of_customer_.bind(3, from).bind(4, before).bind(5, count);
    for (std::int64_t bucket = newest; bucket >= 0; --bucket) {
      of_customer_.bind(1, bucket);
      collect(of_customer_, seqs);
    }
  } else if (!query.status) {
    all_.bind(1, from).bind(2, before).bind(3, count);
    collect(all_, seqs);
  } else if (*query.status == Status::Shipped) {
    shipped_.bind(1, from).bind(2, before).bind(3, count);
    shipped_.bind(4, static_cast<int>(Status::Shipped));
    collect(shipped_, seqs);
  } else {
    const int status = static_cast<int>(*query.status);
    short_list_.bind(2, status).bind(3, from).bind(4, before).bind(5, count);
    for (int list : {kListedOpen, kListedParked, kListedEnded + status}) {
      short_list_.bind(1, list);
      collect(short_list_, seqs);
    }
  }
  // Several lists and buckets, each in order, are one in order; imported orders may lie across.
  std::ranges::sort(seqs, std::greater());
  if (std::cmp_greater(seqs.size(), count)) seqs.resize(static_cast<std::size_t>(count));
  return seqs;
}

Result<OrderReader::Page> OrderReader::list(const OrderQuery& query, std::int64_t before) {
  const std::int64_t from = seq_bound(query.from, 0);
  before = std::min(before, seq_bound(query.to, std::numeric_limits<std::int64_t>::max()));
  const bool filters = query.customer_email && query.status;
  const std::int64_t count = filters ? kExaminedMax : query.limit + 1;
  const auto seqs = candidates(query, from, before, count);

  Page page;
  for (std::size_t i = 0; i < seqs.size(); ++i) {
    if (std::cmp_equal(page.orders.size(), query.limit)) {
      page.next = seqs[i] + 1;
      return page;
    }
    auto order = load_seq(seqs[i]);
    if (!order) return std::unexpected(std::move(order.error()));
    if (query.customer_email && order->body->customer_email != *query.customer_email) continue;
    if (query.status && order->state.status != *query.status) continue;
    page.orders.push_back(std::move(*order));
  }
  if (std::cmp_equal(seqs.size(), count)) page.next = seqs.back();
  return page;
}

// ---------------------------------------------------------------------------------------- writing

OrderWriter::OrderWriter(Connection& db)
    : db_(db),
      insert_body_(db.prepare("INSERT OR IGNORE INTO bodies (seq, tail, bucket, customer, body) "
                              "VALUES (?1, ?2, ?3, ?4, ?5)")),
      insert_order_(db.prepare("INSERT INTO orders (seq, version, status, listed, due_at, state) "
                               "VALUES (?1, 1, 0, ?2, ?3, ?4)")),
      insert_alias_(db.prepare("INSERT INTO id_alias (id, seq) VALUES (?1, ?2)")),
      find_alias_(db.prepare("SELECT seq FROM id_alias WHERE id = ?1")),
      find_key_(db.prepare("SELECT fingerprint, seq FROM idempotency WHERE day = ?1 AND key = ?2")),
      insert_key_(db.prepare("INSERT INTO idempotency (day, key, fingerprint, seq) "
                             "VALUES (?1, ?2, ?3, ?4)")),
      forget_keys_(db.prepare("DELETE FROM idempotency WHERE (day, key) IN (SELECT day, key FROM "
                              "idempotency WHERE day < ?1 LIMIT ?2)")),
      replace_(db.prepare("UPDATE orders SET version = ?3, status = ?4, due_at = ?5, state = ?6 "
                          "WHERE seq = ?1 AND version = ?2")),
      replace_and_list_(db.prepare(
          "UPDATE orders SET version = ?3, status = ?4, due_at = ?5, state = ?6, listed = ?7 "
          "WHERE seq = ?1 AND version = ?2")),
      version_(db.prepare("SELECT version FROM orders WHERE seq = ?1")),
      available_(db.prepare("SELECT available FROM products WHERE sku = ?1")),
      reserve_(db.prepare("UPDATE products SET available = available - ?2, "
                          "reserved = reserved + ?2 WHERE sku = ?1")),
      release_(db.prepare("UPDATE products SET available = available + ?2, "
                          "reserved = reserved - ?2 WHERE sku = ?1")),
      ship_(db.prepare("UPDATE products SET shipped = shipped + ?2, reserved = reserved - ?2 "
                       "WHERE sku = ?1")),
      add_count_(db.prepare("INSERT INTO order_counts (status, n) VALUES (?1, ?2) "
                            "ON CONFLICT (status) DO UPDATE SET n = n + excluded.n")) {
  Statement newest = db.prepare(
      "SELECT b, (SELECT count(*) FROM bodies WHERE bucket = b) FROM (SELECT max(bucket) AS b FROM "
      "bodies)");
  newest.step();
  ordinal_ = newest.integer(0) * kOrdersPerBucket + newest.integer(1);
}

OrderWriter::Insertion OrderWriter::insert(const NewOrder& order) {
  const std::int64_t today = ms(order.created_at) / kMsPerDay;
  if (order.idempotency) {
    constexpr std::int64_t kDays = kIdempotencyWindow / std::chrono::hours(24);
    for (std::int64_t day = today; day >= today - kDays; --day) {
      const ResetAtEnd reset(find_key_);
      if (!find_key_.bind(1, day).bind_blob(2, order.idempotency->key).step()) continue;
      return {Inserted::KeyInUse, find_key_.integer(1),
              std::ranges::equal(find_key_.blob(0), order.idempotency->fingerprint)};
    }
  }

  const bool ours = order.id.version() == 7;
  if (!ours && find_seq(order.id)) return {Inserted::IdInUse};
  std::int64_t seq = ours ? seq_of(order.id) : seq_at(order.created_at);
  ours ? insert_body_.bind(2, tail_of(order.id)) : insert_body_.bind_null(2);
  insert_body_.bind(3, ordinal_ / kOrdersPerBucket).bind(4, order.customer);
  insert_body_.bind_text(5, order.body);
  insert_body_.bind(1, seq).run();
  while (db_.changes() == 0) {
    if (ours) return {Inserted::IdInUse};
    insert_body_.bind(1, ++seq).run();
  }
  ++ordinal_;
  if (!ours) insert_alias_.bind_blob(1, order.id.bytes()).bind(2, seq).run();

  bind_due(insert_order_, 3, order.due_at);
  insert_order_.bind(1, seq).bind(2, kListedOpen).bind_text(4, order.state).run();
  if (order.idempotency) {
    insert_key_.bind(1, today).bind_blob(2, order.idempotency->key);
    insert_key_.bind_blob(3, order.idempotency->fingerprint).bind(4, seq).run();
    if (++keys_ % kForgetEvery == 0) forget_old_keys(today);
  }
  count(static_cast<int>(Status::Pending), 1);
  return {Inserted::Yes};
}

std::optional<std::int64_t> OrderWriter::find_seq(const OrderId& id) {
  if (id.version() == 7) return seq_of(id);
  const ResetAtEnd reset(find_alias_);
  if (!find_alias_.bind_blob(1, id.bytes()).step()) return std::nullopt;
  return find_alias_.integer(0);
}

void OrderWriter::forget_old_keys(std::int64_t today) {
  constexpr std::int64_t kDays = kIdempotencyWindow / std::chrono::hours(24);
  forget_keys_.bind(1, today - kDays).bind(2, 2 * kForgetEvery).run();
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
  if (relist) bind_listed(replace, 7, change.listed_after);
  bind_due(replace, 5, change.due_at);
  replace.bind(1, *seq).bind(2, change.expected_version).bind(3, change.expected_version + 1);
  replace.bind(4, static_cast<int>(change.to)).bind_text(6, change.state).run();
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
