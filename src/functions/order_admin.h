#pragma once

#include <string>

#include "functions/services.h"

namespace orderflow {

/// POST /orders/{id}/cancel: possible before FULFILLING, otherwise Conflict. An order that is
/// already cancelled is answered as it is, so a client that lost the answer may ask again. Nudges
/// the void.
Task<Result<OrderPtr>> cancel_order(Services& services, OrderId id, std::string reason);

/// POST /orders/{id}/retry: makes the step of a parked order due again. Conflict where the order is
/// not parked.
Task<Result<OrderPtr>> retry_order(Services& services, OrderId id);

}  // namespace orderflow
