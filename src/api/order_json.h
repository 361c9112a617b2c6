#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "order/model/order.h"
#include "ports/order_store.h"
#include "ports/product_store.h"
#include "ports/work_queue.h"

namespace orderflow {

// The answers of the HTTP API (docs/openapi.yaml has their schemas), written by hand straight into
// the text. What is not known is left out.

[[nodiscard]] std::string order_json(const Order& order);

/// Every event, and what is due next and when.
[[nodiscard]] std::string timeline_json(const Order& order);

/// {"orders": [...], "nextCursor": text or null}
[[nodiscard]] std::string order_page_json(const OrderPage& page);

[[nodiscard]] std::string product_json(const Product& product);

/// {"products": [...], "nextCursor": text or null}
[[nodiscard]] std::string product_page_json(const ProductPage& page);

/// {"queues": [...], "parked": [...]}: each queue's count of parked orders is that of the list.
[[nodiscard]] std::string queues_json(const std::vector<QueueDepth>& depths,
                                      const std::vector<OrderPtr>& parked);

}  // namespace orderflow
