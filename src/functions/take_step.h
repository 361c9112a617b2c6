#pragma once

#include "functions/services.h"

namespace orderflow {

/// What a nudge sets off: loads the order and, where a step is due at this stage, takes it: asks
/// for the external effect, commits what came of it, nudges the next stage. A nudge without a step
/// that is due here does nothing, nor does one whose step this process is taking already, or waits for
/// longer; one that comes seconds early is sent again with the delay that is left.
///
/// A step that fails for good, as where the store refuses what would be stored, parks the order with
/// the error as its reason.
///
/// An error means that the outcome could not be recorded (the store is down). The order is still
/// due, so the same nudge may be delivered again.
Task<Result<void>> take_step(Services& services, Stage stage, OrderId id);

/// For a step that failed for good, or that failed on every delivery of its nudge: where the step is
/// due at this stage, parks the order with the error as the reason, or, where the error passes, tries
/// again later as after any try without a result. Returns the error where that cannot be recorded.
Task<Result<void>> give_up(Services& services, Stage stage, OrderId id, Error error);

}  // namespace orderflow
