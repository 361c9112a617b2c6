#include "adapters/dynamodb/order_reads.h"

#include <span>
#include <unordered_map>
#include <utility>

#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/reads.h"
#include "base/check.h"

namespace orderflow::dynamodb {
namespace {

using FoundItem = std::pair<OrderId, DynamoItem>;

/// In the order of `ids`, which BatchGetItem does not keep.
Task<Result<std::vector<FoundItem>>> find_items(DynamoClient& client, std::string table,
                                                std::vector<OrderId> ids, Deadline deadline,
                                                std::span<const std::string_view> attributes) {
  CHECK(ids.size() <= kOrdersAtOnce);
  std::vector<Attributes> keys;
  for (const OrderId& id : ids) keys.push_back(order_key(id));
  auto items =
      co_await get_items(client, table, std::move(keys), deadline, {.attributes = attributes});
  if (!items) co_return std::unexpected(std::move(items.error()));
  std::unordered_map<OrderId, DynamoItem*> by_id;
  for (DynamoItem& item : *items) {
    if (const auto id = OrderId::parse(item.text("id").value_or(""))) by_id.emplace(*id, &item);
  }
  std::vector<FoundItem> found;
  for (const OrderId& id : ids) {
    if (const auto at = by_id.find(id); at != by_id.end()) {
      found.emplace_back(id, std::move(*at->second));
    }
  }
  co_return found;
}

}  // namespace

Task<Result<LoadedOrders>> load_orders(DynamoClient& client, std::string table,
                                       std::vector<OrderId> ids, Deadline deadline) {
  auto items = co_await find_items(client, table, std::move(ids), deadline, {});
  if (!items) co_return std::unexpected(std::move(items.error()));
  LoadedOrders loaded;
  for (const auto& [id, item] : *items) {
    if (auto order = read_order(item)) {
      loaded.orders.push_back(std::move(*order));
    } else {
      loaded.unreadable.push_back(id);
    }
  }
  co_return loaded;
}

Task<Result<LoadedStates>> load_states(DynamoClient& client, std::string table,
                                       std::vector<OrderId> ids, Deadline deadline) {
  auto items = co_await find_items(client, table, std::move(ids), deadline, kStateAttributes);
  if (!items) co_return std::unexpected(std::move(items.error()));
  LoadedStates loaded;
  for (const auto& [id, item] : *items) {
    if (auto state = read_state(item)) {
      loaded.states.push_back({id, std::move(*state)});
    } else {
      loaded.unreadable.push_back(id);
    }
  }
  co_return loaded;
}

}  // namespace orderflow::dynamodb
