#pragma once

#include "order/rules/due.h"
#include "ports/payment_gateway.h"

namespace orderflow {

/// The request to the payment provider: always for the whole order, under the key of the attempt.
[[nodiscard]] PaymentRequest payment_request(const Order& order, Operation operation, int attempt);

/// Whether to look the due effect up at the provider before asking for it again. True where an
/// earlier try had no result, and where the order has waited so long that the provider may have
/// forgotten the idempotency key of an earlier request.
[[nodiscard]] bool look_up_first(const Order& order, Timestamp now);

}  // namespace orderflow
