#pragma once

#include "functions/services.h"

namespace orderflow {

// The processors, one a stage. take_step() calls them with an order that has a step due there.

/// Authorizes the payment of a PENDING order; voids that of a cancelled or sold out one.
Task<Result<void>> process_payment(Services& services, OrderPtr order);
/// Reserves the stock of all lines, or declares the order sold out.
Task<Result<void>> process_inventory(Services& services, OrderPtr order);
/// Claims, captures, then ships, all three in one call. Two commits: the claim, which comes before
/// any effect, and the capture together with the outcome of the shipment.
Task<Result<void>> process_fulfillment(Services& services, OrderPtr order);

}  // namespace orderflow
