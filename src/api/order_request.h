#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_value.h"
#include "functions/order_admin.h"
#include "functions/order_submission.h"
#include "ports/order_store.h"

namespace orderflow {

template <typename T>
using Valid = std::expected<T, std::vector<FieldError>>;

/// POST /orders: the body as a draft, or all errors in it. A quantity may be written in any way
/// whose value is an integer (2, 2.0, 2e0). Prices are checked as amounts of the currency only:
/// submit_order() compares them with the catalogue and limits the total.
[[nodiscard]] Valid<OrderDraft> read_order(const JsonValue& body);

/// The Idempotency-Key of a POST /orders as it is stored. Bodies that are equal as JSON have the
/// same fingerprint. A body that states a default differs from one that leaves it out.
[[nodiscard]] Idempotency idempotency_of(std::string_view customer_email, std::string_view key,
                                         const JsonValue& body);

/// The first 16 bytes of SHA-256(scope, 0, key).
[[nodiscard]] std::array<std::uint8_t, 16> scoped_key(std::string_view scope, std::string_view key);

/// POST /orders/{orderId}/cancel: the reason, where one is given.
[[nodiscard]] Valid<std::string> read_cancellation(const JsonValue& body);

/// POST /queues/{queue}/retry: reason and limit, without the queue.
[[nodiscard]] Valid<RetryQuery> read_retry_query(const JsonValue& body);

/// The reason of a cancellation that gives none.
inline constexpr std::string_view kCancelReasonDefault = "cancelled on request";

}  // namespace orderflow
