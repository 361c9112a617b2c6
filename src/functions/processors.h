#pragma once

#include "functions/services.h"

namespace orderflow {

/// What a nudge sets off: load the order, see what is due, do it, commit, nudge the next stage. A
/// nudge for an order with nothing due at this stage is a no-op; one that comes early is put off.
/// An error means that nothing could be recorded (the store is down): the host delivers the nudge
/// again.
Task<Result<void>> process(Services& services, Stage stage, OrderId id);

// Each is called by process() with an order that has a step due at its stage.

/// Authorizes what is PENDING, voids what was cancelled or sold out.
Task<Result<void>> process_payment(Services& services, OrderPtr order);
/// Reserves the stock of all lines or declares the order sold out.
Task<Result<void>> process_inventory(Services& services, OrderPtr order);
/// Claims, captures, then ships, all three in one call. Two commits: the claim, which comes before
/// any effect, and the capture together with what became of the shipment.
Task<Result<void>> process_fulfillment(Services& services, OrderPtr order);

}  // namespace orderflow
