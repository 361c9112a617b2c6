#pragma once

#include "functions/services.h"

namespace orderflow {

/// GET /orders/{orderId} and its timeline: the order as it is durably stored. One read.
Task<Result<OrderPtr>> get_order(Services& services, OrderId id);

}  // namespace orderflow
