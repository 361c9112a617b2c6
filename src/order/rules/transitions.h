#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "order/model/order.h"
#include "order/model/transition.h"
#include "order/rules/due.h"

// The whole life of an order. Each function takes an order and an outcome, and returns the order to
// store next, with one more event (or one that counts more, see deferred()). Pure: no I/O, no clock, no
// randomness. A step that the status table does not have is ErrorCode::IllegalTransition.
namespace orderflow {

using Decision = Result<Transition>;

/// Joins two steps into one commit. `second` must have been decided on `first.next`, and `first`
/// must move no stock: a commit moves the stock of its last event only.
[[nodiscard]] Transition followed_by(const Transition& first, Transition second);

/// PENDING, due at once for payment.
[[nodiscard]] Order receive(OrderBody body);

// payment-processor
[[nodiscard]] Decision authorized(const Order& order, int attempt, Timestamp now);
[[nodiscard]] Decision authorization_declined(const Order& order, int attempt, std::string reason,
                                              Timestamp now);
/// After OUT_OF_STOCK or CANCELLED: the provider holds no money for this order any more.
[[nodiscard]] Decision voided(const Order& order, int attempt, Timestamp now);

// inventory-processor
/// The quantity of each stock-controlled SKU, all its lines summed, in order of SKU.
[[nodiscard]] std::vector<StockLine> needed_stock(const OrderBody& body,
                                                  const std::vector<std::string>& controlled_skus);
[[nodiscard]] Decision stock_reserved(const Order& order, std::vector<StockLine> stock,
                                      Timestamp now);
[[nodiscard]] Decision sold_out(const Order& order, std::string detail, Timestamp now);

// fulfillment-processor
/// The point of no return: from here on cancel answers 409.
[[nodiscard]] Decision claimed(const Order& order, Timestamp now);
[[nodiscard]] Decision captured(const Order& order, int attempt, Timestamp now);
/// Refused for good, for instance because the authorization expired: stock goes back, nothing
/// ships.
[[nodiscard]] Decision capture_declined(const Order& order, int attempt, std::string reason,
                                        Timestamp now);
[[nodiscard]] Decision shipped(const Order& order, int attempt, std::string tracking_number,
                               std::string carrier, Timestamp now);

// order-admin
[[nodiscard]] Decision cancelled(const Order& order, std::string reason, Timestamp now);
[[nodiscard]] Decision retried(const Order& order, Timestamp now);

// any processor: the due step had no result
/// Tries again later: exponential backoff with full jitter (`jitter` in [0, 1)), but not before
/// `not_before` from now; at most kBackoffCap. Repeated, it is one event that counts. Once the first
/// of these is kPatience ago, the order is parked with `problem` as the reason.
[[nodiscard]] Decision deferred(const Order& order, Actor actor, int attempt, std::string problem,
                                double jitter, Timestamp now, Duration not_before = {});
/// Parks at once: trying again cannot help.
[[nodiscard]] Decision parked(const Order& order, Actor actor, int attempt, std::string problem,
                              Timestamp now);

/// Whether the status table has this step. The functions above check it first.
[[nodiscard]] bool allowed(const OrderState& state, EventType type);

/// The order as it was received: the answer to a repeated POST with the same Idempotency-Key.
[[nodiscard]] Order as_received(const Order& order);

}  // namespace orderflow
