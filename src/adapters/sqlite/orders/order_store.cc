#include "adapters/sqlite/orders/order_store.h"

#include <charconv>
#include <limits>

#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/stored/cursor.h"
#include "base/check.h"

namespace orderflow {
namespace {

using Database = sqlite::Database;

constexpr std::size_t kPackedBytes = 256;  ///< enough for most orders

OrderPtr share(Order order) { return std::make_shared<const Order>(std::move(order)); }

sqlite::NewOrder new_order(const Order& order, const std::optional<Idempotency>& idempotency) {
  return {.id = order.id(),
          .created_at = order.body->created_at,
          .customer = sqlite::customer_hash(order.body->customer_email),
          .body = sqlite::pack_body(*order.body),
          .state = sqlite::pack_state(order.state),
          .due_at = order.state.due_at,
          .idempotency = idempotency};
}

/// Without the packed state, which only the last of several changes in one needs.
sqlite::OrderChange order_change(std::uint32_t expected_version, const Transition& transition) {
  const OrderState& next = transition.next->state;
  sqlite::OrderChange change;
  change.id = transition.next->id();
  change.expected_version = expected_version;
  change.version = transition.next->version();
  change.from = transition.from;
  change.to = next.status;
  change.listed_before = transition.was_parked ? sqlite::kListedParked : sqlite::kListedOpen;
  change.listed_after = sqlite::listed(next);
  change.due_at = next.due_at;
  change.stock_move = transition.stock_move;
  if (change.stock_move != StockMove::None) change.stock = next.events.back().stock;
  return change;
}

/// What create() answers for a key that is in use.
Result<Creation> answer_of(Database::Writer& db, const sqlite::UsedKeys::Use& use) {
  if (!use.same_request) return Creation{CreateOutcome::KeyReused, nullptr};
  auto stored = db.stored.load_seq(use.seq);
  if (!stored) return std::unexpected(std::move(stored.error()));
  return Creation{CreateOutcome::Replayed, share(std::move(*stored))};
}

std::optional<std::int64_t> position_of(const OrderQuery& query) {
  if (query.cursor.empty()) return std::numeric_limits<std::int64_t>::max();
  const auto text = read_cursor(query.cursor, describe(query));
  if (!text) return std::nullopt;
  std::int64_t position = 0;
  const auto end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, position);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return position;
}

}  // namespace

SqliteOrderStore::SqliteOrderStore(sqlite::Database& database) : database_(database) {}

Task<Result<Creation>> SqliteOrderStore::create(OrderPtr order,
                                                std::optional<Idempotency> idempotency) {
  CHECK(order->version() == 1);
  auto insert = [order, idempotency](Database::Writer& db) -> Result<Creation> {
    using Inserted = sqlite::OrderWriter::Inserted;
    const auto inserted = db.orders.insert(new_order(*order, idempotency));
    switch (inserted.outcome) {
      case Inserted::Yes:
        return Creation{CreateOutcome::Created, nullptr};
      case Inserted::IdInUse:
        return failure(ErrorCode::Conflict, "the order id is in use");
      case Inserted::KeyInUse:
        return answer_of(db, inserted.use);
    }
    UNREACHABLE(inserted.outcome);
  };
  auto creation = co_await database_.write(std::move(insert));
  if (creation && creation->outcome == CreateOutcome::Created) {
    shared_->recent.store_durable(order);
    creation->order = std::move(order);
  }
  co_return creation;
}

Task<Result<std::optional<Creation>>> SqliteOrderStore::find(Idempotency idempotency) {
  auto find = [idempotency](Database::Writer& db) -> Result<std::optional<Creation>> {
    const auto in_use = db.orders.find_key(idempotency);
    if (!in_use) return std::nullopt;
    return answer_of(db, *in_use);
  };
  co_return co_await database_.write(std::move(find));
}

Task<Result<OrderPtr>> SqliteOrderStore::load(OrderId id, View view) {
  if (const auto* entry = shared_->recent.find(id)) {
    if (view != View::Durable) co_return entry->latest;
    if (entry->durable) co_return entry->durable;
  }
  std::string room;  // of this thread, which also frees it
  room.reserve(kPackedBytes);
  auto read = [id, room = std::move(room)](Database::Reader& db) mutable {
    return db.orders.load_packed(id, std::move(room));
  };
  const auto packed = co_await database_.read(std::move(read));
  if (!packed) co_return std::unexpected(packed.error());
  if (!*packed) co_return failure(ErrorCode::NotFound, "there is no such order");
  auto order = unpack(**packed);
  if (!order) co_return std::unexpected(std::move(order.error()));
  // Not kept: a commit may have overtaken this read.
  co_return share(std::move(*order));
}

Task<Result<CommitOutcome>> SqliteOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  CHECK(transition.next->version() > expected_version);
  const auto* known = shared_->recent.find(transition.next->id());
  if (known && known->latest->version() > expected_version) {
    co_return CommitOutcome::VersionConflict;
  }
  // Whether there is stock to reserve, only the writer can say.
  const bool at_once = !transition.barrier && transition.stock_move != StockMove::Reserve &&
                       known && known->latest->version() == expected_version;
  const auto change =
      shared_->queued.add(order_change(expected_version, transition), transition.barrier);
  const OrderPtr next = std::move(transition.next);
  auto write = [shared = shared_, change, next](Database::Writer& db) -> Result<CommitOutcome> {
    if (!shared->queued.take(*change)) return CommitOutcome::Committed;
    change->row.state = sqlite::pack_state(next->state);
    return db.orders.change(change->row);
  };
  auto learn = [shared = shared_, change, next, at_once](const Result<CommitOutcome>& outcome) {
    shared->queued.remove(change);
    if (change->absorbed) return;  // the one that took it in will say
    if (outcome && *outcome == CommitOutcome::Committed) {
      shared->recent.store_durable(next);
    } else if (!outcome || *outcome == CommitOutcome::VersionConflict) {
      shared->recent.forget(next);
      // Whoever waits for this step learns that it failed. Of those before it nobody would.
      if ((at_once || change->took_in) && shared->on_lost) shared->on_lost(next->id());
    }
  };
  if (at_once) {
    shared_->recent.store_latest(next);
    database_.write(std::move(write), std::move(learn));
    co_return CommitOutcome::Committed;
  }
  auto outcome = co_await database_.write(std::move(write));
  learn(outcome);
  co_return outcome;
}

Task<Result<OrderPage>> SqliteOrderStore::list(OrderQuery query) {
  const auto before = position_of(query);
  if (!before) co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this query");
  auto read = [query, before = *before](Database::Reader& db) {
    return db.orders.list(query, before);
  };
  auto page = co_await database_.read(std::move(read));
  if (!page) co_return std::unexpected(std::move(page.error()));
  OrderPage result;
  for (Order& order : page->orders) result.orders.push_back(share(std::move(order)));
  if (page->next) result.next_cursor = make_cursor(std::to_string(*page->next), describe(query));
  co_return result;
}

Task<Result<std::vector<OverdueOrder>>> SqliteOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  auto read = [due_before, limit](Database::Reader& db) {
    return db.orders.overdue(due_before, limit);
  };
  auto orders = co_await database_.read(std::move(read));
  if (!orders) co_return std::unexpected(std::move(orders.error()));
  std::vector<OverdueOrder> result;
  for (const sqlite::OpenOrder& order : *orders) {
    if (order.due) result.push_back({order.id, *order.due});
  }
  co_return result;
}

Task<Result<std::vector<OrderPtr>>> SqliteOrderStore::parked(std::int64_t limit) {
  auto read = [limit](Database::Reader& db) { return db.orders.parked(limit); };
  auto orders = co_await database_.read(std::move(read));
  if (!orders) co_return std::unexpected(std::move(orders.error()));
  std::vector<OrderPtr> result;
  for (Order& order : *orders) result.push_back(share(std::move(order)));
  co_return result;
}

Task<Result<std::vector<sqlite::OpenOrder>>> SqliteOrderStore::open_orders(std::int64_t after,
                                                                           std::int64_t limit) {
  return database_.read(
      [after, limit](Database::Reader& db) { return db.orders.open_orders(after, limit); });
}

Task<Result<sqlite::OrderCounts>> SqliteOrderStore::counts() {
  return database_.read(
      [](Database::Reader& db) -> Result<sqlite::OrderCounts> { return db.orders.counts(); });
}

}  // namespace orderflow
