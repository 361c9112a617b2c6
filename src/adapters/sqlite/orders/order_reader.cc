#include "adapters/sqlite/orders/order_reader.h"

#include <algorithm>
#include <functional>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/stored/page_room.h"
#include "order/model/customer_key.h"
#include "order/rules/due.h"

namespace orderflow::sqlite {
namespace {

/// How many rows of each list or bucket one page examines at most. Then it ends short, and the next
/// page goes on there.
constexpr std::int64_t kExaminedMax = 20'000;

#define OPEN_ORDER_COLUMNS "SELECT b.seq, b.tail, o.state "

}  // namespace

OrderReader::OrderReader(SqliteConnection& db)
    // Looks into bodies only for an order that has not ended: an ended one has copies.
    : by_seq_(db.prepare(
          "SELECT seq, iif(body IS NULL, (SELECT tail FROM bodies WHERE seq = ?1), tail), "
          "ifnull(body, (SELECT body FROM bodies WHERE seq = ?1)), state "
          "FROM orders WHERE seq = ?1")),
      alias_by_id_(db.prepare("SELECT seq FROM id_alias WHERE id = ?1")),
      alias_by_seq_(db.prepare("SELECT id FROM id_alias WHERE seq = ?1")),
      listed_after_(db.prepare(OPEN_ORDER_COLUMNS "FROM orders o JOIN bodies b USING (seq) "
                                                  "WHERE o.listed = ?1 AND o.seq > ?2 "
                                                  "ORDER BY o.seq LIMIT ?3")),
      overdue_(db.prepare(OPEN_ORDER_COLUMNS
                          "FROM (SELECT seq, due_at, state FROM orders "
                          "WHERE listed = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3) o "
                          "JOIN bodies b USING (seq) ORDER BY o.due_at")),
      newest_bucket_(db.prepare("SELECT max(bucket) FROM bodies")),
      of_customer_(db.prepare("SELECT b.seq, o.status FROM bodies b JOIN orders o USING (seq) "
                              "WHERE b.seq >= ?1 AND b.seq < ?2 AND b.bucket = ?3 "
                              "AND b.customer = ?4 ORDER BY b.seq DESC")),
      all_(db.prepare("SELECT seq, status FROM orders WHERE seq >= ?1 AND seq < ?2 "
                      "ORDER BY seq DESC")),
      in_list_(db.prepare("SELECT seq, status FROM orders WHERE seq >= ?1 AND seq < ?2 "
                          "AND listed = ?3 ORDER BY seq DESC")),
      counts_(db.prepare("SELECT status, n FROM order_counts")),
      any_(db.prepare("SELECT 1 FROM bodies LIMIT 1")) {}

std::optional<std::int64_t> OrderReader::find_seq(const OrderId& id) {
  const ResetAtEnd reset(alias_by_id_);
  if (alias_by_id_.bind_blob(1, id.bytes()).step()) return alias_by_id_.integer(0);
  if (id.version() == 7) return seq_of(id);
  return std::nullopt;
}

Result<std::optional<PackedOrder>> OrderReader::load_packed(const OrderId& id, std::string room) {
  const auto seq = find_seq(id);
  if (!seq) return std::nullopt;
  const ResetAtEnd reset(by_seq_);
  if (!by_seq_.bind(1, *seq).step()) return std::nullopt;
  auto packed = read_packed(by_seq_, std::move(room));
  if (!packed) return std::unexpected(std::move(packed.error()));
  if (packed->id != id) return std::nullopt;
  return std::move(*packed);
}

Result<std::optional<Order>> OrderReader::load(const OrderId& id) {
  const auto packed = load_packed(id);
  if (!packed) return std::unexpected(packed.error());
  if (!*packed) return std::nullopt;
  return unpack(**packed);
}

Result<Order> OrderReader::load_seq(std::int64_t seq) {
  const ResetAtEnd reset(by_seq_);
  if (!by_seq_.bind(1, seq).step()) {
    return failure(ErrorCode::Corrupt, "an order has no row " + std::to_string(seq));
  }
  return read(by_seq_);
}

Result<OrderId> OrderReader::read_id(const Statement& row) {
  if (!row.is_null(1)) return id_of(row.integer(0), row.integer(1));
  const ResetAtEnd reset(alias_by_seq_);
  alias_by_seq_.bind(1, row.integer(0));
  std::array<std::uint8_t, 16> bytes;
  if (!alias_by_seq_.step() || alias_by_seq_.blob(0).size() != bytes.size()) {
    return failure(ErrorCode::Corrupt, "an order has no body or no id");
  }
  std::ranges::copy(alias_by_seq_.blob(0), bytes.begin());
  return OrderId(bytes);
}

Result<PackedOrder> OrderReader::read_packed(const Statement& row, std::string room) {
  const auto id = read_id(row);
  if (!id) return std::unexpected(id.error());
  const std::string_view body = row.bytes(2);
  const std::string_view state = row.bytes(3);
  PackedOrder packed{.id = *id, .bytes = std::move(room), .body_size = body.size()};
  packed.bytes.reserve(body.size() + state.size());
  packed.bytes.append(body).append(state);
  return packed;
}

Result<Order> OrderReader::read(const Statement& row) {
  const auto packed = read_packed(row);
  if (!packed) return std::unexpected(packed.error());
  return unpack(*packed);
}

std::string OrderReader::name_of(const Statement& row) {
  const auto id = read_id(row);
  return id ? id->to_string() : "row " + std::to_string(row.integer(0));
}

OrderReader::Parked OrderReader::parked(std::int64_t after, std::int64_t limit) {
  const ResetAtEnd reset(listed_after_);
  listed_after_.bind(1, kListedParked).bind(2, after).bind(3, limit + 1);
  Parked page;
  for (std::int64_t rows = 0; listed_after_.step(); ++rows, after = listed_after_.integer(0)) {
    if (rows == limit) {
      page.next = after;
      break;
    }
    const auto id = read_id(listed_after_);
    auto state = unpack_state(listed_after_.bytes(2));
    if (id && state) {
      page.orders.push_back({*id, std::move(*state)});
    } else {
      page.unreadable.push_back(name_of(listed_after_));
    }
  }
  return page;
}

Result<std::vector<OpenOrder>> OrderReader::read_open(Statement& rows) {
  const ResetAtEnd reset(rows);
  std::vector<OpenOrder> orders;
  while (rows.step()) {
    // A corrupt order must not hide the others.
    const auto id = read_id(rows);
    const auto state = unpack_state(rows.bytes(2));
    orders.push_back({.id = id.value_or(OrderId()),
                      .due = id && state ? due(*state) : std::nullopt,
                      .seq = rows.integer(0)});
  }
  return orders;
}

Result<std::vector<OpenOrder>> OrderReader::overdue(Timestamp due_before, std::int64_t limit) {
  overdue_.bind(1, kListedOpen).bind(2, epoch_ms(due_before)).bind(3, limit);
  return read_open(overdue_);
}

Result<std::vector<OpenOrder>> OrderReader::open_orders(std::int64_t after, std::int64_t limit) {
  listed_after_.bind(1, kListedOpen).bind(2, after).bind(3, limit);
  return read_open(listed_after_);
}

OrderCounts OrderReader::counts() {
  const ResetAtEnd reset(counts_);
  OrderCounts counts;
  auto& by_status = counts.by_status.emplace();
  while (counts_.step()) {
    const auto row = static_cast<std::size_t>(counts_.integer(0));
    if (row == kParkedCount) counts.parked = counts_.integer(1);
    if (row < by_status.size()) by_status[row] = counts_.integer(1);
  }
  return counts;
}

bool OrderReader::has_orders() {
  const ResetAtEnd reset(any_);
  return any_.step();
}

void OrderReader::collect(Statement& rows, const std::optional<Status>& status, std::int64_t wanted,
                          Matches& matches) {
  const ResetAtEnd reset(rows);
  for (std::int64_t examined = 1; rows.step(); ++examined) {
    if (!status || rows.integer(1) == static_cast<int>(*status)) {
      matches.seqs.push_back(rows.integer(0));
      --wanted;
    }
    if (wanted > 0 && examined < kExaminedMax) continue;
    matches.floor = std::max(matches.floor, rows.integer(0));
    return;
  }
}

OrderReader::Matches OrderReader::find(const OrderQuery& query, std::int64_t from,
                                       std::int64_t before, std::int64_t wanted) {
  Matches matches{.seqs = {}, .floor = from};
  if (query.customer_email) {
    const ResetAtEnd reset(newest_bucket_);
    newest_bucket_.step();
    of_customer_.bind(4, customer_hash(*query.customer_email));
    for (std::int64_t bucket = newest_bucket_.integer(0); bucket >= 0; --bucket) {
      of_customer_.bind(1, from).bind(2, before).bind(3, bucket);
      collect(of_customer_, query.status, wanted, matches);
    }
  } else if (!query.status || *query.status == Status::Shipped) {
    all_.bind(1, from).bind(2, before);
    collect(all_, query.status, wanted, matches);
  } else {
    const int ended = kListedEnded + static_cast<int>(*query.status);
    for (const int list : {kListedOpen, kListedParked, ended}) {
      in_list_.bind(1, from).bind(2, before).bind(3, list);
      collect(in_list_, query.status, wanted, matches);
    }
  }
  // A list or bucket that was not read to its end goes on below the last row that was examined. So
  // below that row, matches of other lists would stand without its own.
  std::erase_if(matches.seqs, [&](std::int64_t seq) { return seq < matches.floor; });
  std::ranges::sort(matches.seqs, std::greater());
  return matches;
}

OrderReader::Page OrderReader::list(const OrderQuery& query, std::int64_t before) {
  const std::int64_t from = query.from ? seq_at(*query.from) : 0;
  if (query.to) before = std::min(before, seq_at(*query.to));
  const Matches matches = find(query, from, before, query.limit + 1);
  const auto customer = query.customer_email.transform(customer_key);
  Page page;
  PageRoom room(query.limit);
  for (const std::int64_t seq : matches.seqs) {
    if (std::cmp_equal(page.orders.size(), query.limit)) {
      page.next = seq + 1;
      return page;
    }
    const ResetAtEnd reset(by_seq_);
    if (!by_seq_.bind(1, seq).step()) {
      page.unreadable.push_back("row " + std::to_string(seq));
      continue;
    }
    auto order = read(by_seq_);
    if (!order) {
      page.unreadable.push_back(name_of(by_seq_));
      continue;
    }
    // Two e-mails may have the same hash.
    if (customer && customer_key(order->body->customer_email) != *customer) continue;
    if (!room.take(*order->body)) {
      page.next = seq + 1;
      return page;
    }
    page.orders.push_back(std::move(*order));
  }
  if (matches.floor > from) page.next = matches.floor;
  return page;
}

}  // namespace orderflow::sqlite
