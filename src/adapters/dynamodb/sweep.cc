#include "adapters/dynamodb/sweep.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>

#include "adapters/dynamodb/order_index.h"
#include "adapters/dynamodb/order_item.h"
#include "base/gather.h"
#include "order/rules/due.h"

namespace orderflow::dynamodb {
namespace {

using std::chrono::steady_clock;

/// Where the first sweep begins.
constexpr std::chrono::days kFirstLook{40};
/// Orders that are looked at together.
constexpr std::size_t kPage = 500;
/// Orders that are put on their lists side by side.
constexpr std::size_t kAtOnceMax = 32;

struct Look {
  std::string_view place;  ///< attribute of the item "sweep"
  Duration age;            ///< of the youngest order that is looked at
};
constexpr std::array kLooks{Look{"soon", std::chrono::seconds(10)},
                            Look{"late", std::chrono::hours(1)}};

Attributes sweep_key() { return {{"id", std::string("sweep")}}; }

bool is_unfinished(const Order& order) {
  return !terminal(order.state) && !order.state.attention.has_value();
}

/// Lists those of `orders` that are late and adds them to `found`. Returns the sort of the first one
/// that another process has changed since it was read, or "".
Task<Result<std::string>> list_late_orders(DynamoClient& client, std::string table,
                                           std::vector<OrderPtr> orders,
                                           std::vector<OrderPtr>& found, Deadline deadline) {
  std::erase_if(orders, [](const OrderPtr& order) { return !is_unfinished(*order); });
  std::string overtaken;
  for (std::size_t first = 0; first < orders.size(); first += kAtOnceMax) {
    const std::size_t end = std::min(first + kAtOnceMax, orders.size());
    std::vector<Task<Result<DynamoReply>>> updates;
    for (std::size_t i = first; i < end; ++i) {
      std::string request = late_order_update(table, *orders[i]).request();
      updates.push_back(client.request("UpdateItem", std::move(request), deadline));
    }
    const auto replies = co_await gather(std::move(updates));
    for (std::size_t i = first; i < end; ++i) {
      const Result<DynamoReply>& listed = replies[i - first];
      if (!listed) co_return std::unexpected(listed.error());
      if (listed->ok()) {
        found.push_back(orders[i]);
      } else if (overtaken.empty()) {
        overtaken = sort_of(*orders[i]->body);
      }
    }
  }
  co_return overtaken;
}

/// Puts orders that cannot be read on an open list, where every call of overdue() finds and reports
/// them.
Task<Result<void>> list_unreadable(DynamoClient& client, std::string table,
                                   std::vector<OrderId> unreadable, Deadline deadline) {
  for (const OrderId& id : unreadable) {
    Update update(table, order_key(id));
    update.set("listed", open_list_of(id)).only_if_absent("listed");
    auto reply = co_await client.request("UpdateItem", update.request(), deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
  }
  co_return Result<void>{};
}

/// Looks at the orders of `range`, page by page, until `stop` or until enough are found. The place is
/// stored after each page, so that a sweep that is cut off loses one page of work at most.
Task<Result<void>> walk(DynamoClient& client, SweepSettings settings, Look look, SortRange range,
                        Loaded& found, steady_clock::time_point stop, Deadline deadline) {
  const std::string& table = settings.orders_table;
  while (range.low < range.high && found.orders.size() < settings.wanted &&
         steady_clock::now() < stop) {
    auto stretch = co_await oldest_of_all(client, table, range, kPage, deadline);
    if (!stretch) co_return std::unexpected(std::move(stretch.error()));
    range.low = std::move(stretch->end);
    auto looked_at =
        co_await load_orders(client, table, std::move(stretch->sorts), deadline, Reading::Eventual);
    if (!looked_at) co_return std::unexpected(std::move(looked_at.error()));
    auto unreadable_listed =
        co_await list_unreadable(client, table, looked_at->unreadable, deadline);
    if (!unreadable_listed) co_return unreadable_listed;
    std::ranges::move(looked_at->unreadable, std::back_inserter(found.unreadable));
    auto overtaken = co_await list_late_orders(client, table, std::move(looked_at->orders),
                                               found.orders, deadline);
    if (!overtaken) co_return std::unexpected(std::move(overtaken.error()));
    // The place stays before an order that changed under us; the next sweep looks at it again.
    if (!overtaken->empty()) range.low = *overtaken;
    Update place(table, sweep_key());
    place.set(look.place, range.low);
    auto kept = co_await client.request("UpdateItem", place.request(), deadline);
    if (!kept) co_return std::unexpected(std::move(kept.error()));
    if (!overtaken->empty()) break;
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<Loaded>> load_orders(DynamoClient& client, std::string table,
                                 std::vector<std::string> sorts, Deadline deadline,
                                 Reading reading) {
  std::vector<Attributes> keys;
  std::vector<OrderId> ids;
  for (const std::string& sort : sorts) {
    ids.push_back(*id_in(sort));
    keys.push_back(order_key(ids.back()));
  }
  auto items = co_await get_items(client, table, std::move(keys), deadline, reading);
  if (!items) co_return std::unexpected(std::move(items.error()));
  Loaded loaded;
  std::unordered_map<OrderId, OrderPtr> by_id;
  for (const DynamoItem& item : *items) {
    auto order = read_order(item);
    if (order) {
      by_id.emplace((*order)->id(), std::move(*order));
    } else if (const auto id = OrderId::parse(item.text("id").value_or(""))) {
      loaded.unreadable.push_back(*id);
    }
  }
  for (const OrderId& id : ids) {
    if (const auto found = by_id.find(id); found != by_id.end()) {
      loaded.orders.push_back(found->second);
    }
  }
  co_return loaded;
}

Task<Result<Loaded>> sweep(DynamoClient& client, SweepSettings settings, Deadline deadline) {
  const auto begin = steady_clock::now();
  auto read = co_await get_item(client, settings.orders_table, sweep_key(), deadline);
  if (!read) co_return std::unexpected(std::move(read.error()));
  const std::optional<DynamoItem>& places = *read;
  Loaded found;
  auto stop = begin;
  for (const Look& look : kLooks) {
    // A third of the time for each look, so that a long first one does not starve the second.
    stop += (deadline - begin) / 3;
    const auto place = places ? places->text(look.place) : std::nullopt;
    const Timestamp until = std::min(settings.until, settings.now - look.age);
    SortRange range{place ? std::string(*place) : sort_at(settings.now - kFirstLook),
                    sort_at(until + Duration(1))};
    auto walked = co_await walk(client, settings, look, std::move(range), found, stop, deadline);
    if (!walked) co_return std::unexpected(std::move(walked.error()));
  }
  co_return found;
}

}  // namespace orderflow::dynamodb
