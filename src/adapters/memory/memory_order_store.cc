#include <algorithm>

#include "adapters/memory/memory_store.h"
#include "adapters/stored/cursor.h"
#include "adapters/stored/page_room.h"
#include "base/check.h"
#include "order/model/customer_key.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

constexpr std::string_view kParkedList = "parked";  // what the cursors of parked() are bound to

/// Moves all of `lines`; false, and moves nothing, where one of them is sold out.
bool move_stock(MemoryStore& store, StockMove move, const std::vector<StockLine>& lines) {
  if (move == StockMove::None) return true;
  if (move == StockMove::Reserve) {
    for (const StockLine& line : lines) {
      const auto found = store.products.find(line.sku);
      if (found == store.products.end() || found->second.stock.available < line.quantity) {
        return false;
      }
    }
  }
  for (const StockLine& line : lines) {
    Stock& stock = store.products.at(line.sku).stock;
    switch (move) {
      case StockMove::None:
        break;
      case StockMove::Reserve:
        stock.available -= line.quantity;
        stock.reserved += line.quantity;
        break;
      case StockMove::Release:
        stock.reserved -= line.quantity;
        stock.available += line.quantity;
        break;
      case StockMove::Ship:
        stock.reserved -= line.quantity;
        stock.shipped += line.quantity;
        break;
    }
    CHECK(stock.available >= 0 && stock.reserved >= 0);
  }
  return true;
}

bool matches(const Order& order, const OrderQuery& query) {
  const OrderBody& body = *order.body;
  return (!query.customer_email ||
          customer_key(body.customer_email) == customer_key(*query.customer_email)) &&
         (!query.status || order.state.status == *query.status) &&
         (!query.from || body.created_at >= *query.from) &&
         (!query.to || body.created_at < *query.to);
}

}  // namespace

Task<Result<Creation>> MemoryOrderStore::create(OrderPtr order,
                                                std::optional<Idempotency> idempotency) {
  if (idempotency) {
    auto before = co_await find(*idempotency);
    if (!before) co_return std::unexpected(std::move(before.error()));
    if (*before) co_return std::move(**before);
  }
  if (const auto same_id = store_.orders.find(order->id()); same_id != store_.orders.end()) {
    if (*same_id->second->body != *order->body) {
      co_return failure(ErrorCode::Conflict, "another order has this id");
    }
    co_return Creation{CreateOutcome::Replayed, same_id->second};
  }
  store_.orders.emplace(order->id(), order);
  store_.orders_by_age.emplace(order->body->created_at, order->id());
  if (idempotency) {
    store_.keys.emplace(idempotency->key,
                        MemoryStore::KeyUse{idempotency->fingerprint, order->id()});
  }
  co_return Creation{CreateOutcome::Created, std::move(order)};
}

Task<Result<std::optional<Creation>>> MemoryOrderStore::find(Idempotency idempotency) {
  const auto use = store_.keys.find(idempotency.key);
  if (use == store_.keys.end()) co_return std::nullopt;
  if (use->second.fingerprint != idempotency.fingerprint) {
    co_return Creation{CreateOutcome::KeyReused, nullptr};
  }
  co_return Creation{CreateOutcome::Replayed, store_.orders.at(use->second.order)};
}

Task<Result<OrderPtr>> MemoryOrderStore::load(OrderId id, View) {
  const auto found = store_.orders.find(id);
  if (found == store_.orders.end()) co_return failure(ErrorCode::NotFound, "no such order");
  co_return found->second;
}

Task<Result<CommitOutcome>> MemoryOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  const Order& next = *transition.next;
  CHECK(next.version() > expected_version);
  const auto found = store_.orders.find(next.id());
  if (found == store_.orders.end()) co_return failure(ErrorCode::NotFound, "no such order");
  if (found->second->version() != expected_version) co_return CommitOutcome::VersionConflict;
  if (!move_stock(store_, transition.stock_move, next.state.events.back().stock)) {
    co_return CommitOutcome::SoldOut;
  }
  found->second = std::move(transition.next);
  co_return CommitOutcome::Committed;
}

Task<Result<OrderPage>> MemoryOrderStore::list(OrderQuery query) {
  auto older = store_.orders_by_age.rbegin();
  if (!query.cursor.empty()) {
    const auto position = read_cursor(query.cursor, describe(query));
    const auto id = position ? OrderId::parse(*position) : std::nullopt;
    const auto last = id ? store_.orders.find(*id) : store_.orders.end();
    if (last == store_.orders.end()) {
      co_return failure(ErrorCode::InvalidInput, "not a cursor of this list");
    }
    older = std::make_reverse_iterator(
        store_.orders_by_age.lower_bound({last->second->body->created_at, *id}));
  }
  OrderPage page;
  PageRoom room(query.limit);
  for (; older != store_.orders_by_age.rend(); ++older) {
    const OrderPtr& order = store_.orders.at(older->second);
    if (!matches(*order, query)) continue;
    if (!room.take(*order->body)) {
      page.next_cursor = make_cursor(page.orders.back()->id().to_string(), describe(query));
      break;
    }
    page.orders.push_back(order);
  }
  co_return page;
}

Task<Result<std::vector<OverdueOrder>>> MemoryOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  std::vector<OverdueOrder> overdue;
  for (const auto& [id, order] : store_.orders) {
    if (const auto step = due(order->state); step && step->at <= due_before) {
      overdue.push_back({id, *step});
    }
  }
  std::ranges::sort(overdue, {}, [](const OverdueOrder& o) { return std::pair(o.due.at, o.id); });
  if (overdue.size() > static_cast<std::size_t>(limit)) {
    overdue.erase(overdue.begin() + limit, overdue.end());
  }
  co_return overdue;
}

Task<Result<ParkedPage>> MemoryOrderStore::parked(std::int64_t limit, std::string cursor) {
  auto next = store_.orders_by_age.begin();
  if (!cursor.empty()) {
    const auto text = read_cursor(cursor, kParkedList);
    const auto last = text ? OrderId::parse(*text) : std::nullopt;
    if (!last) co_return failure(ErrorCode::InvalidInput, "not a cursor of this list");
    next = store_.orders_by_age.upper_bound({store_.orders.at(*last)->body->created_at, *last});
  }
  ParkedPage page;
  for (; next != store_.orders_by_age.end(); ++next) {
    const OrderPtr& order = store_.orders.at(next->second);
    if (!order->state.attention) continue;
    if (page.orders.size() == static_cast<std::size_t>(limit)) {
      page.next_cursor = make_cursor(page.orders.back().id.to_string(), kParkedList);
      break;
    }
    page.orders.push_back({order->id(), order->state});
  }
  co_return page;
}

}  // namespace orderflow
