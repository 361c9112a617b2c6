#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/sweep.h"
#include "adapters/stored/cursor.h"
#include "order/model/customer_key.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

using dynamodb::Direction;
using dynamodb::Partition;
using dynamodb::RangeKeys;

constexpr std::string_view kListed = "listed";
/// How many orders one page of a filtered list looks at.
constexpr std::size_t kExaminedMax = 1'000;
/// ... and how many of them it reads together.
constexpr std::size_t kExaminedAtOnce = 100;
/// Late orders of one shard that overdue() looks at.
constexpr std::size_t kOpenInShardMax = 500;

std::vector<Partition> open_lists() {
  std::vector<Partition> lists;
  for (int shard = 0; shard < dynamodb::kOpenShards; ++shard) {
    lists.push_back({kListed, dynamodb::open_list(shard)});
  }
  return lists;
}

/// Every list that an order of this status can be in, which always is in one.
std::vector<Partition> lists_of(Status status) {
  std::vector<Partition> lists = open_lists();
  lists.push_back({kListed, "parked"});
  lists.push_back({kListed, dynamodb::ended_list(status)});
  return lists;
}

bool matches(const Order& order, const OrderQuery& query) {
  return (!query.status || order.state.status == *query.status) &&
         (!query.customer_email ||
          customer_key(order.body->customer_email) == customer_key(*query.customer_email));
}

/// The sort of the last order of the page before; nullopt where the cursor is not one of ours.
std::optional<std::string> position_of(const OrderQuery& query) {
  auto position = read_cursor(query.cursor, describe(query));
  if (!position || !dynamodb::id_in(*position)) return std::nullopt;
  return position;
}

}  // namespace

Task<Result<RangeKeys>> DynamoOrderStore::find_sorts(const OrderQuery& query,
                                                     dynamodb::SortRange range, std::size_t wanted,
                                                     Deadline deadline) {
  const std::string& table = settings_.orders_table;
  std::vector<Partition> lists;
  if (query.customer_email) {
    lists.push_back({"customer", dynamodb::customer_of(*query.customer_email)});
  } else if (query.status && dynamodb::always_listed(*query.status)) {
    lists = lists_of(*query.status);
  } else {
    const Timestamp now = clock_.now();
    co_return co_await dynamodb::newest_of_all(client_, table, std::move(range), now, wanted,
                                               deadline);
  }
  co_return co_await dynamodb::sorts_in(client_, table, std::move(lists), std::move(range),
                                        Direction::NewestFirst, wanted, deadline);
}

Task<Result<OrderPage>> DynamoOrderStore::list(OrderQuery query) {
  const Deadline deadline = client_.deadline();
  dynamodb::SortRange range = dynamodb::sort_range(query);
  if (!query.cursor.empty()) {
    const auto position = position_of(query);
    if (!position)
      co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this query");
    range.high = std::min(range.high, dynamodb::just_below(*position));
  }
  const auto limit = static_cast<std::size_t>(query.limit);
  OrderPage page;
  for (std::size_t examined = 0;;) {
    const std::size_t open_places = limit - page.orders.size();
    auto found =
        co_await find_sorts(query, range, query.status ? kExaminedAtOnce : limit + 1, deadline);
    if (!found) co_return std::unexpected(std::move(found.error()));
    // Without a filter the keys say already where the page ends.
    if (!query.status && found->keys.size() > open_places) {
      found->keys.resize(open_places);
      found->more = true;
    }
    if (found->keys.empty()) co_return page;
    auto loaded =
        co_await dynamodb::load_orders(client_, settings_.orders_table, found->keys, deadline);
    if (!loaded) co_return std::unexpected(std::move(loaded.error()));
    report(loaded->unreadable);
    std::string position = found->keys.back();
    for (const OrderPtr& order : loaded->orders) {
      if (!matches(*order, query)) continue;
      if (page.orders.size() == limit) {
        position = dynamodb::sort_of(*page.orders.back()->body);
        found->more = true;
        break;
      }
      page.orders.push_back(order);
    }
    if (!found->more) co_return page;
    examined += found->keys.size();
    if (page.orders.size() == limit || examined >= kExaminedMax) {
      page.next_cursor = make_cursor(position, describe(query));
      co_return page;
    }
    range.high = dynamodb::just_below(position);
  }
}

Task<Result<std::vector<OverdueOrder>>> DynamoOrderStore::overdue(Timestamp due_before,
                                                                  std::int64_t limit) {
  const Deadline deadline = client_.deadline();
  const std::string& table = settings_.orders_table;
  dynamodb::SweepSettings settings{.orders_table = table,
                                   .until = due_before,
                                   .now = clock_.now(),
                                   .wanted = static_cast<std::size_t>(limit)};
  auto found = co_await dynamodb::sweep(client_, std::move(settings), deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  dynamodb::SortRange range{dynamodb::sort_at(Timestamp()),
                            dynamodb::sort_at(due_before + Duration(1))};
  auto open = co_await dynamodb::sorts_in(client_, table, open_lists(), std::move(range),
                                          Direction::OldestFirst, kOpenInShardMax, deadline);
  if (!open) co_return std::unexpected(std::move(open.error()));
  auto loaded = co_await dynamodb::load_orders(client_, table, std::move(open->keys), deadline);
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  // What was listed just now may not be in the index yet.
  std::ranges::move(found->orders, std::back_inserter(loaded->orders));
  std::ranges::move(found->unreadable, std::back_inserter(loaded->unreadable));
  report(loaded->unreadable);
  std::vector<OverdueOrder> overdue;
  std::unordered_set<OrderId> seen;
  for (const OrderPtr& order : loaded->orders) {
    if (!seen.insert(order->id()).second) continue;
    const auto step = due(order->state);
    if (step && step->at <= due_before) overdue.push_back({order->id(), *step});
  }
  std::ranges::stable_sort(overdue, {}, [](const OverdueOrder& order) { return order.due.at; });
  if (std::cmp_greater(overdue.size(), limit)) {
    overdue.erase(overdue.begin() + limit, overdue.end());
  }
  co_return overdue;
}

Task<Result<std::vector<OrderPtr>>> DynamoOrderStore::parked(std::int64_t limit) {
  const Deadline deadline = client_.deadline();
  dynamodb::SortRange range = dynamodb::sort_range({});
  std::vector<Partition> lists;
  lists.push_back({kListed, "parked"});
  auto found = co_await dynamodb::sorts_in(client_, settings_.orders_table, std::move(lists),
                                           std::move(range), Direction::OldestFirst,
                                           static_cast<std::size_t>(limit), deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  auto loaded = co_await dynamodb::load_orders(client_, settings_.orders_table,
                                               std::move(found->keys), deadline);
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  report(loaded->unreadable);
  // The index follows a moment later.
  std::erase_if(loaded->orders, [](const auto& order) { return !order->state.attention; });
  co_return std::move(loaded->orders);
}

void DynamoOrderStore::report(const std::vector<OrderId>& unreadable) const {
  for (const OrderId& id : unreadable) on_unreadable_(id);
}

}  // namespace orderflow
