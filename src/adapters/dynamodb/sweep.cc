#include "adapters/dynamodb/stragglers.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>

#include "adapters/dynamodb/gather.h"
#include "adapters/dynamodb/order_index.h"
#include "adapters/dynamodb/order_item.h"
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

bool straggles(const Order& order) {
  return !terminal(order.state) && !order.state.attention.has_value();
}

/// False where somebody else has changed the order meanwhile.
Task<Result<bool>> list_straggler(Database& database, std::string request, aws::Deadline deadline) {
  auto reply = co_await database.request("UpdateItem", std::move(request), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return reply->ok();
}

/// Lists what straggles of `orders` and adds it to `found`. Gives the sort of the first one that
/// somebody else has changed meanwhile, or nothing.
Task<Result<std::string>> list_stragglers(Database& database, std::string table,
                                          std::vector<OrderPtr> orders,
                                          std::vector<OrderPtr>& found, aws::Deadline deadline) {
  std::erase_if(orders, [](const OrderPtr& order) { return !straggles(*order); });
  std::string overtaken;
  for (std::size_t first = 0; first < orders.size(); first += kAtOnceMax) {
    const std::size_t end = std::min(first + kAtOnceMax, orders.size());
    std::vector<Task<Result<bool>>> updates;
    for (std::size_t i = first; i < end; ++i) {
      std::string request = straggler_update(table, *orders[i]).request();
      updates.push_back(list_straggler(database, std::move(request), deadline));
    }
    const auto listed = co_await gather(std::move(updates));
    for (std::size_t i = first; i < end; ++i) {
      const Result<bool>& done = listed[i - first];
      if (!done) co_return std::unexpected(done.error());
      if (*done) {
        found.push_back(orders[i]);
      } else if (overtaken.empty()) {
        overtaken = sort_of(*orders[i]->body);
      }
    }
  }
  co_return overtaken;
}

/// Puts what can not be read on an open list, where every search for what is overdue meets it.
Task<Result<void>> list_unreadable(Database& database, std::string table,
                                   std::vector<OrderId> unreadable, aws::Deadline deadline) {
  for (const OrderId& id : unreadable) {
    Update update(table, order_key(id));
    update.set("listed", open_list_of(id)).only_if_absent("listed");
    auto reply = co_await database.request("UpdateItem", update.request(), deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
  }
  co_return Result<void>{};
}

Task<Result<void>> keep_place(Database& database, std::string table, std::string_view place,
                              std::string sort, aws::Deadline deadline) {
  Update update(table, sweep_key());
  update.set(place, std::move(sort));
  auto reply = co_await database.request("UpdateItem", update.request(), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return Result<void>{};
}

/// Looks at the orders of `range`, until `stop` or until enough are found.
Task<Result<void>> walk(Database& database, SweepSettings settings, Look look, SortRange range,
                        Loaded& found, steady_clock::time_point stop, aws::Deadline deadline) {
  const std::string& table = settings.orders_table;
  while (range.low < range.high && found.orders.size() < settings.wanted &&
         steady_clock::now() < stop) {
    auto stretch = co_await oldest_of_all(database, table, range, kPage, deadline);
    if (!stretch) co_return std::unexpected(std::move(stretch.error()));
    range.low = std::move(stretch->end);
    auto looked_at = co_await load_orders(database, table, std::move(stretch->sorts), deadline,
                                          Reading::Eventual);
    if (!looked_at) co_return std::unexpected(std::move(looked_at.error()));
    auto kept_in_sight = co_await list_unreadable(database, table, looked_at->unreadable, deadline);
    if (!kept_in_sight) co_return kept_in_sight;
    std::ranges::move(looked_at->unreadable, std::back_inserter(found.unreadable));
    auto overtaken = co_await list_stragglers(database, table, std::move(looked_at->orders),
                                              found.orders, deadline);
    if (!overtaken) co_return std::unexpected(std::move(overtaken.error()));
    if (!overtaken->empty()) range.low = *overtaken;
    auto kept = co_await keep_place(database, table, look.place, range.low, deadline);
    if (!kept || !overtaken->empty()) co_return kept;
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<Loaded>> load_orders(Database& database, std::string table,
                                 std::vector<std::string> sorts, aws::Deadline deadline,
                                 Reading reading) {
  std::vector<Attributes> keys;
  std::vector<OrderId> ids;
  for (const std::string& sort : sorts) {
    ids.push_back(*id_in(sort));
    keys.push_back(order_key(ids.back()));
  }
  auto items = co_await batch_get(database, table, std::move(keys), deadline, reading);
  if (!items) co_return std::unexpected(std::move(items.error()));
  Loaded loaded;
  std::unordered_map<OrderId, OrderPtr> by_id;
  for (const auto& attributes : *items) {
    const Item item(attributes);
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

Task<Result<Loaded>> sweep(Database& database, SweepSettings settings, aws::Deadline deadline) {
  const auto begin = steady_clock::now();
  auto reply =
      co_await database.request("GetItem", get(settings.orders_table, sweep_key()), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  const auto places = item_at(reply->body, "Item");
  Loaded found;
  auto stop = begin;
  for (const Look& look : kLooks) {
    stop += (deadline - begin) / 3;
    const auto place = places ? places->text(look.place) : std::nullopt;
    const Timestamp until = std::min(settings.until, settings.now - look.age);
    SortRange range{place ? std::string(*place) : sort_at(settings.now - kFirstLook),
                    sort_at(until + Duration(1))};
    auto walked = co_await walk(database, settings, look, std::move(range), found, stop, deadline);
    if (!walked) co_return std::unexpected(std::move(walked.error()));
  }
  co_return found;
}

}  // namespace orderflow::dynamodb
