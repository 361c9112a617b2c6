#pragma once

#include <cstdint>
#include <optional>
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

/// Of the parked orders that a query matches, as far as one call looks at them.
struct RetriedOrders {
  std::int64_t retried = 0;
  std::int64_t remaining = 0;  ///< matched, and still parked
  std::string next_cursor;     ///< to look at those behind; empty where there are none
};

/// Which parked orders to retry: those whose step is of `stage` and whose reason begins with
/// `reason`, oldest order first, at most `limit`.
struct RetryQuery {
  Stage stage{};
  std::string reason;
  std::int64_t limit = 0;
  std::string cursor;  ///< RetriedOrders::next_cursor of a call before; empty: from the oldest
};

/// POST /queues/{queue}/retry: retry_order() for many. One call looks at kParkedListMax parked orders.
/// InvalidInput where the cursor is not one. Fails where these cannot be read, or where nothing could be stored.
Task<Result<RetriedOrders>> retry_parked(Services& services, RetryQuery query);

/// The queue that a parked order is back in once it is retried.
[[nodiscard]] std::optional<Stage> parked_stage(OrderState state);

}  // namespace orderflow
