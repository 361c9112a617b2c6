#pragma once

#include <span>
#include <string>

#include "functions/order_submission.h"
#include "order/model/order.h"
#include "ports/order_store.h"

// Orders as the HTTP API answers them; docs/openapi.yaml has the schemas. Optional members without
// a value are left out.
namespace orderflow {

/// `now` decides whether the order is late.
[[nodiscard]] std::string order_json(const Order& order, Timestamp now,
                                     std::span<const FieldError> warnings = {});

/// Every event, and which step is due next and when.
[[nodiscard]] std::string timeline_json(const Order& order);

/// {"orders": [...], "nextCursor": text or null}
[[nodiscard]] std::string order_page_json(const OrderPage& page, Timestamp now);

}  // namespace orderflow
