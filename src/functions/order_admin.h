#pragma once

#include <optional>
#include <string>

#include "functions/services.h"

namespace orderflow {

/// POST /orders/{id}/cancel: before FULFILLING, else Conflict. An order that is cancelled already
/// is answered as it is, so a client that lost the answer may ask again. Nudges the void.
Task<Result<OrderPtr>> cancel_order(Services& services, OrderId id, std::string reason);

/// POST /orders/{id}/retry: puts parked work back; Conflict where nothing is parked.
Task<Result<OrderPtr>> retry_order(Services& services, OrderId id);

}  // namespace orderflow
