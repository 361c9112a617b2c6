#include <algorithm>
#include <span>
#include <utility>

#include "adapters/dynamodb/order_index.h"
#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/order_reads.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/stored/cursor.h"
#include "adapters/stored/page_room.h"
#include "order/model/customer_key.h"
#include "order/model/stored_size.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

using dynamodb::Direction;
using dynamodb::kOrdersAtOnce;
using dynamodb::Partition;
using std::chrono::steady_clock;

/// How many orders one page of a filtered list looks at, and how many bytes of them.
constexpr std::size_t kExaminedMax = 1'000;
constexpr std::size_t kExaminedBytesMax = 8 * 1024 * 1024;
/// ... and how many of each part of the list it asks for at a time.
constexpr std::size_t kExaminedAtOnce = 100;
/// Entries of each part of the index of open orders that one call of overdue() looks at.
constexpr std::size_t kLooksMax = 256;
/// An order that has been overdue for so long has been nudged in vain: maybe it cannot be read.
constexpr std::chrono::minutes kInVainAfter{15};

/// The lists that together have every order that can match, and few others.
std::vector<Partition> lists_of(const OrderQuery& query) {
  std::vector<Partition> lists;
  if (query.customer_email) {
    lists.push_back({"customer", dynamodb::customer_of(*query.customer_email)});
  } else if (query.status && dynamodb::always_listed(*query.status)) {
    append_shards(lists, "listed", dynamodb::kParkedList);
    append_shards(lists, "listed", dynamodb::ended_list(*query.status));
  } else {
    append_shards(lists, "shard", "");
  }
  return lists;
}

bool matches(const Order& order, const OrderQuery& query) {
  return (!query.status || order.state.status == *query.status) &&
         (!query.customer_email ||
          customer_key(order.body->customer_email) == customer_key(*query.customer_email));
}

/// The next entry of the index is behind this: '!' stands before every letter.
std::string just_above(std::string sort) { return std::move(sort) + '!'; }

/// The sort of the last order of the page before; nullopt where the cursor is not one of ours.
std::optional<std::string> position_of(const OrderQuery& query) {
  auto position = read_cursor(query.cursor, describe(query));
  if (!position || !dynamodb::id_in(*position)) return std::nullopt;
  return position;
}

/// Takes the first `count` keys, or those that there are, from `keys`.
std::span<const std::string> take(std::span<const std::string>& keys, std::size_t count) {
  const auto taken = keys.first(std::min(count, keys.size()));
  keys = keys.subspan(taken.size());
  return taken;
}

std::vector<OrderId> ids_in(std::span<const std::string> keys) {
  std::vector<OrderId> ids;
  for (const std::string& key : keys) ids.push_back(*dynamodb::id_in(key));
  return ids;
}

}  // namespace

Task<Result<OrderPage>> DynamoOrderStore::list(OrderQuery query) {
  const Deadline deadline = client_.deadline();
  dynamodb::SortRange range = dynamodb::sort_range(query);
  if (!query.cursor.empty()) {
    const auto position = position_of(query);
    if (!position)
      co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this query");
    range.high = std::min(range.high, dynamodb::just_below(*position));
  }
  OrderPage page;
  PageRoom room(query.limit);
  std::size_t examined = 0;
  std::size_t examined_bytes = 0;
  for (;;) {
    const std::size_t wanted = query.status ? kExaminedAtOnce : room.orders_left();
    auto found = co_await dynamodb::sorts_in(client_, settings_.orders_table, lists_of(query),
                                             range, Direction::NewestFirst, wanted, deadline);
    if (!found) co_return std::unexpected(std::move(found.error()));
    if (found->keys.size() > wanted) {
      found->keys.resize(wanted);
      found->more = true;
    }
    std::span<const std::string> left = found->keys;
    while (!left.empty()) {
      const auto chunk = take(left, kOrdersAtOnce);
      auto loaded =
          co_await dynamodb::load_orders(client_, settings_.orders_table, ids_in(chunk), deadline);
      if (!loaded) co_return std::unexpected(std::move(loaded.error()));
      report(loaded->unreadable);
      for (const OrderPtr& order : loaded->orders) {
        examined_bytes += stored_bytes_max(*order->body);
        if (!matches(*order, query)) continue;
        if (!room.take(*order->body)) {  // never the first: there is an order to go on behind
          page.next_cursor =
              make_cursor(dynamodb::sort_of(*page.orders.back()->body), describe(query));
          co_return page;
        }
        page.orders.push_back(order);
      }
      range.high = dynamodb::just_below(chunk.back());
      examined += chunk.size();
      const bool more = found->more || !left.empty();
      if (!more) co_return page;
      if (room.orders_left() == 0 || examined >= kExaminedMax ||
          examined_bytes >= kExaminedBytesMax) {
        page.next_cursor = make_cursor(chunk.back(), describe(query));
        co_return page;
      }
    }
    if (!found->more) co_return page;
  }
}

Task<Result<std::vector<OverdueOrder>>> DynamoOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  const Deadline deadline = client_.deadline();
  // Returns what it has found in good time: the caller has still to nudge it.
  const auto stop = steady_clock::now() + (deadline - steady_clock::now()) / 3 * 2;
  dynamodb::SortRange range{std::exchange(go_on_behind_, dynamodb::sort_at(Timestamp())),
                            dynamodb::sort_at(due_before + Duration(1))};
  std::vector<Partition> lists;
  append_shards(lists, "open", "", "look");
  const auto found =
      co_await dynamodb::sorts_in(client_, settings_.orders_table, std::move(lists), range,
                                  Direction::OldestFirst, kLooksMax, deadline);
  if (!found) co_return std::unexpected(found.error());
  std::span<const std::string> left = found->keys;
  std::vector<OverdueOrder> overdue;
  while (!left.empty() && std::cmp_less(overdue.size(), limit) && steady_clock::now() < stop) {
    const std::size_t open_places = static_cast<std::size_t>(limit) - overdue.size();
    const auto chunk = take(left, std::min(kOrdersAtOnce, open_places));
    auto some = co_await overdue_of(ids_in(chunk), due_before, deadline);
    if (!some && overdue.empty()) co_return std::unexpected(std::move(some.error()));
    if (!some) break;  // what has been found must not wait for another round
    overdue.insert(overdue.end(), some->begin(), some->end());
    const bool more = found->more || !left.empty();
    go_on_behind_ = more ? just_above(chunk.back()) : dynamodb::sort_at(Timestamp());
  }
  std::ranges::stable_sort(overdue, {}, [](const OverdueOrder& order) { return order.due.at; });
  co_return overdue;
}

Task<Result<std::vector<OverdueOrder>>> DynamoOrderStore::overdue_of(std::vector<OrderId> ids,
                                                                     Timestamp due_before,
                                                                     Deadline deadline) {
  const auto loaded =
      co_await dynamodb::load_states(client_, settings_.orders_table, std::move(ids), deadline);
  if (!loaded) co_return std::unexpected(loaded.error());
  report(loaded->unreadable);
  std::vector<OverdueOrder> overdue;
  std::vector<OrderId> in_vain;
  for (const dynamodb::StoredState& order : loaded->states) {
    const auto step = due(order.state);
    if (!step || step->at > due_before) continue;
    overdue.push_back({order.id, *step});
    if (due_before - step->at >= kInVainAfter) in_vain.push_back(order.id);
  }
  if (in_vain.empty()) co_return overdue;
  // Nudging an order whose body cannot be read would make a dead letter each time.
  const auto whole =
      co_await dynamodb::load_orders(client_, settings_.orders_table, std::move(in_vain), deadline);
  if (!whole) co_return std::unexpected(whole.error());
  report(whole->unreadable);
  std::erase_if(overdue, [&](const OverdueOrder& order) {
    return std::ranges::find(whole->unreadable, order.id) != whole->unreadable.end();
  });
  co_return overdue;
}

Task<Result<ParkedPage>> DynamoOrderStore::parked(std::int64_t limit, std::string cursor) {
  const Deadline deadline = client_.deadline();
  std::vector<Partition> lists;
  append_shards(lists, "listed", dynamodb::kParkedList);
  dynamodb::SortRange range = dynamodb::sort_range({});
  if (!cursor.empty()) {
    const auto last = read_cursor(cursor, dynamodb::kParkedList);
    if (!last || !dynamodb::id_in(*last)) {
      co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this list");
    }
    range.low = just_above(*last);
  }
  const auto found = co_await dynamodb::sorts_in(client_, settings_.orders_table, std::move(lists),
                                                 std::move(range), Direction::OldestFirst,
                                                 static_cast<std::size_t>(limit), deadline);
  if (!found) co_return std::unexpected(found.error());
  std::span<const std::string> all = found->keys;
  std::span<const std::string> left = take(all, static_cast<std::size_t>(limit));
  ParkedPage page;
  if (!left.empty() && (found->more || !all.empty())) {
    page.next_cursor = make_cursor(left.back(), dynamodb::kParkedList);
  }
  while (!left.empty()) {
    auto loaded = co_await dynamodb::load_states(client_, settings_.orders_table,
                                                 ids_in(take(left, kOrdersAtOnce)), deadline);
    if (!loaded) co_return std::unexpected(std::move(loaded.error()));
    report(loaded->unreadable);
    for (dynamodb::StoredState& order : loaded->states) {
      // The index follows a moment later.
      if (order.state.attention) page.orders.push_back({order.id, std::move(order.state)});
    }
  }
  co_return page;
}

void DynamoOrderStore::report(const std::vector<OrderId>& unreadable) const {
  for (const OrderId& id : unreadable) on_unreadable_(id);
}

}  // namespace orderflow
