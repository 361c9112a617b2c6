#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_value.h"
#include "functions/order_submission.h"
#include "ports/order_store.h"

namespace orderflow {

template <typename T>
using Valid = std::expected<T, std::vector<FieldError>>;

/// POST /orders: the body as a draft, or everything that is wrong with it at once. A quantity may
/// be written in any way whose value is an integer (2, 2.0, 2e0). Prices are checked as amounts of
/// the currency; what the catalogue says to them, and whether the total is too large,
/// submit_order() knows.
[[nodiscard]] Valid<OrderDraft> read_order(const JsonValue& body);

/// The Idempotency-Key of a POST /orders as the store wants it. Bodies that mean the same JSON have
/// the same fingerprint; a default that is spelled out does not mean the same.
[[nodiscard]] Idempotency idempotency_of(std::string_view customer_email, std::string_view key,
                                         const JsonValue& body);

/// POST /orders/{orderId}/cancel: the reason, where one is given.
[[nodiscard]] Valid<std::string> read_cancellation(const JsonValue& body);

/// What a cancellation is recorded with where no reason is given.
inline constexpr std::string_view kCancelReasonDefault = "cancelled on request";

}  // namespace orderflow
