#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "order/model/order.h"

namespace orderflow {

/// What orders have of one SKU, by their events.
struct OrderStock {
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
};
using StockOfOrders = std::map<std::string, OrderStock>;

/// Adds what the order holds and what it has shipped; a SKU that it only held once is there with zeros.
inline void add_order_stock(StockOfOrders& sums, const OrderState& state) {
  for (const StockLine& held : held_stock(state)) sums[held.sku].reserved += held.quantity;
  for (const Event& event : state.events) {
    for (const StockLine& line : event.stock) {
      OrderStock& sum = sums[line.sku];
      if (event.type == EventType::OrderShipped) sum.shipped += line.quantity;
    }
  }
}

}  // namespace orderflow
