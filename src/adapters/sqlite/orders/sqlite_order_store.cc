#include "adapters/sqlite/orders/sqlite_order_store.h"

#include <charconv>
#include <limits>

#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_codec.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/stored/cursor.h"
#include "base/check.h"

namespace orderflow {
namespace {

using sqlite::ShopReader;
using sqlite::ShopWriter;

constexpr std::size_t kPackedBytes = 256;  ///< enough for most orders

OrderPtr share(Order order) { return std::make_shared<const Order>(std::move(order)); }

/// The answer to a request whose key is in use.
Result<Creation> answer_of(ShopWriter& db, const sqlite::UsedKeys::Use& use) {
  if (!use.same_request) return Creation{CreateOutcome::KeyReused, nullptr};
  auto stored = db.stored.load_seq(use.seq);
  if (!stored) return std::unexpected(std::move(stored.error()));
  return Creation{CreateOutcome::Replayed, share(std::move(*stored))};
}

constexpr std::string_view kParkedList = "parked";  // what the cursors of parked() are bound to

/// The seq in the cursor; `start` where there is none, nullopt where it is not one of this list.
std::optional<std::int64_t> position_in(std::string_view cursor, std::string_view list,
                                        std::int64_t start) {
  if (cursor.empty()) return start;
  const auto text = read_cursor(cursor, list);
  if (!text) return std::nullopt;
  std::int64_t position = 0;
  const auto end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, position);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return position;
}

}  // namespace

SqliteOrderStore::SqliteOrderStore(sqlite::ShopDatabase& database, std::size_t recent_bytes_max)
    : database_(database), recent_(std::make_shared<sqlite::RecentOrders>(recent_bytes_max)) {}

Task<Result<Creation>> SqliteOrderStore::create(OrderPtr order,
                                                std::optional<Idempotency> idempotency) {
  CHECK(order->version() == 1);
  auto insert = [order, idempotency](ShopWriter& db) -> Result<Creation> {
    using Inserted = sqlite::OrderWriter::Inserted;
    const auto insertion = db.orders.insert(*order, idempotency);
    switch (insertion.outcome) {
      case Inserted::Yes:
        return Creation{CreateOutcome::Created, nullptr};
      case Inserted::IdInUse:
        return failure(ErrorCode::Conflict, "the order id is in use");
      case Inserted::KeyInUse:
        return answer_of(db, insertion.use);
    }
    UNREACHABLE(insertion.outcome);
  };
  auto creation = co_await database_.writer().run(std::move(insert));  // until the fsync
  if (creation && creation->outcome == CreateOutcome::Created) {
    recent_->store_durable(order);
    creation->order = std::move(order);
  }
  co_return creation;
}

Task<Result<std::optional<Creation>>> SqliteOrderStore::find(Idempotency idempotency) {
  auto find = [idempotency](ShopWriter& db) -> Result<std::optional<Creation>> {
    const auto in_use = db.orders.find_key(idempotency);
    if (!in_use) return std::nullopt;
    return answer_of(db, *in_use);
  };
  co_return co_await database_.writer().run(std::move(find));
}

Task<Result<OrderPtr>> SqliteOrderStore::load(OrderId id, View view) {
  if (const auto* known = recent_->find(id)) {
    if (view != View::Durable) co_return known->latest;
    if (known->durable) co_return known->durable;
  }
  // This thread allocates the memory, because it also frees it: memory that the reader's thread
  // allocated would have to find its way back there.
  std::string room;
  room.reserve(kPackedBytes);
  auto read = [id, room = std::move(room)](ShopReader& db) mutable {
    return db.orders.load_packed(id, std::move(room));
  };
  const auto packed = co_await database_.reader().run(std::move(read));
  if (!packed) co_return std::unexpected(packed.error());
  if (!*packed) co_return failure(ErrorCode::NotFound, "there is no such order");
  auto order = unpack(**packed);
  if (!order) co_return std::unexpected(std::move(order.error()));
  // It does not go into recent_: a commit may have overtaken this read.
  co_return share(std::move(*order));
}

Task<Result<CommitOutcome>> SqliteOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  CHECK(transition.next->version() > expected_version);
  const OrderPtr next = std::move(transition.next);
  const StockMove stock_move = transition.stock_move;
  const auto* known = recent_->find(next->id());
  if (known && known->latest->version() > expected_version) {
    co_return CommitOutcome::VersionConflict;
  }
  // The outcome is certain before the commit is stored where this commit builds on the latest state
  // and takes nothing that another order may have taken: only the writer knows what is available.
  const bool at_once = !transition.barrier && stock_move != StockMove::Reserve && known &&
                       known->latest->version() == expected_version;

  auto write = [next, expected_version, stock_move](ShopWriter& db) -> Result<CommitOutcome> {
    return db.orders.change(*next, expected_version, stock_move);
  };
  auto learn = [recent = recent_, next, at_once](const Result<CommitOutcome>& outcome) {
    if (outcome && *outcome == CommitOutcome::Committed) {
      recent->store_durable(next);
    } else if (!outcome || *outcome == CommitOutcome::VersionConflict) {
      recent->forget(next);
      // A caller that waits has the outcome instead.
      if (at_once) recent->report_lost(next->id(), outcome ? nullptr : &outcome.error());
    }
  };
  if (at_once) {
    recent_->store_latest(next);
    database_.writer().run(std::move(write), std::move(learn));
    co_return CommitOutcome::Committed;
  }
  auto outcome = co_await database_.writer().run(std::move(write));  // until the fsync
  learn(outcome);
  co_return outcome;
}

Task<Result<OrderPage>> SqliteOrderStore::list(OrderQuery query) {
  const auto before =
      position_in(query.cursor, describe(query), std::numeric_limits<std::int64_t>::max());
  if (!before) co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this query");
  auto read = [query, before = *before](ShopReader& db) -> Result<sqlite::OrderReader::Page> {
    return db.orders.list(query, before);
  };
  auto page = co_await database_.reader().run(std::move(read));
  if (!page) co_return std::unexpected(std::move(page.error()));
  for (const std::string& name : page->unreadable) on_unreadable_(name);
  OrderPage result;
  for (Order& order : page->orders) result.orders.push_back(share(std::move(order)));
  if (page->next) result.next_cursor = make_cursor(std::to_string(*page->next), describe(query));
  co_return result;
}

Task<Result<std::vector<OverdueOrder>>> SqliteOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  auto read = [due_before, limit](ShopReader& db) { return db.orders.overdue(due_before, limit); };
  auto orders = co_await database_.reader().run(std::move(read));
  if (!orders) co_return std::unexpected(std::move(orders.error()));
  std::vector<OverdueOrder> result;
  for (const OpenOrder& order : *orders) {
    if (order.due) result.push_back({order.id, *order.due});
  }
  co_return result;
}

Task<Result<ParkedPage>> SqliteOrderStore::parked(std::int64_t limit, std::string cursor) {
  const auto after = position_in(cursor, kParkedList, 0);
  if (!after) co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this list");
  auto read = [after = *after, limit](ShopReader& db) -> Result<sqlite::OrderReader::Parked> {
    return db.orders.parked(after, limit);
  };
  auto found = co_await database_.reader().run(std::move(read));
  if (!found) co_return std::unexpected(std::move(found.error()));
  for (const std::string& name : found->unreadable) on_unreadable_(name);
  ParkedPage page{.orders = std::move(found->orders), .next_cursor = {}};
  if (found->next) page.next_cursor = make_cursor(std::to_string(*found->next), kParkedList);
  co_return page;
}

Task<Result<std::vector<OpenOrder>>> SqliteOrderStore::open_orders(std::int64_t after,
                                                                   std::int64_t limit) {
  return database_.reader().run(
      [after, limit](ShopReader& db) { return db.orders.open_orders(after, limit); });
}

Task<Result<OrderCounts>> SqliteOrderStore::counts() {
  return database_.reader().run(
      [](ShopReader& db) -> Result<OrderCounts> { return db.orders.counts(); });
}

}  // namespace orderflow
