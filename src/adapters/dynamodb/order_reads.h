#pragma once

#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "ports/order_store.h"

namespace orderflow::dynamodb {

/// How many orders are read together. An item has up to 400 KB, which are up to twice as many bytes
/// of JSON: ten of the largest fit into one answer and into the memory of a small function.
inline constexpr std::size_t kOrdersAtOnce = 10;

/// Orders that were read, and the ids of those that this version cannot read, as after the rollback
/// of a newer one. An unreadable order must not keep the others from being worked on.
struct LoadedOrders {
  std::vector<OrderPtr> orders;
  std::vector<OrderId> unreadable;
};

/// The orders with these ids, at most kOrdersAtOnce, in the same order; those that do not exist are
/// left out.
Task<Result<LoadedOrders>> load_orders(DynamoClient& client, std::string table,
                                       std::vector<OrderId> ids, Deadline deadline);

/// What is to be known of an order that waits, without its body: a customer chooses how long that is.
struct StoredState {
  OrderId id;
  OrderState state;
};
struct LoadedStates {
  std::vector<StoredState> states;
  std::vector<OrderId> unreadable;
};
Task<Result<LoadedStates>> load_states(DynamoClient& client, std::string table,
                                       std::vector<OrderId> ids, Deadline deadline);

}  // namespace orderflow::dynamodb
