#pragma once

#include <expected>
#include <memory>
#include <string>

#include "functions/services.h"
#include "order/rules/due.h"

namespace orderflow {

/// The request to the payment provider: always for the whole order, under the key of the attempt.
[[nodiscard]] PaymentRequest payment_request(const Order& order, Operation operation, int attempt);

// The calls of the payment provider and the carrier, through the breaker of each: PutOff where that
// does not admit the call.

Task<PaymentAnswer> ask_to_pay(Services& services,
                               Task<PaymentAnswer> (PaymentGateway::*effect)(PaymentRequest),
                               PaymentRequest request);
Task<std::expected<PaymentRecord, PaymentAnswer>> look_up_payment(Services& services, OrderId id);
Task<ShipAnswer> ask_to_ship(Services& services, std::string key,
                             std::shared_ptr<const OrderBody> order);
Task<ShipAnswer> look_up_shipment(Services& services, std::string key, OrderId id);

/// Whether to look the due effect up at the provider before asking for it again. True where an
/// earlier try had no result, and where the order has waited so long that the provider may have
/// forgotten the idempotency key of an earlier request.
[[nodiscard]] bool look_up_first(const Order& order, Timestamp now);

}  // namespace orderflow
