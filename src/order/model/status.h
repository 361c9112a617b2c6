#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace orderflow {

/// The life of an order. The numbers are stored: append only.
enum class Status : std::uint8_t {
  Pending,
  Authorized,
  Reserved,
  Fulfilling,
  Shipped,
  PaymentDeclined,
  OutOfStock,
  Cancelled,
};
inline constexpr int kStatusCount = 8;

enum class PaymentStatus : std::uint8_t {
  None,
  Authorized,
  Captured,
  Voided,
  PartiallyRefunded,
  Refunded,
  Declined,
};
inline constexpr int kPaymentStatusCount = 7;

enum class FulfillmentStatus : std::uint8_t { Unfulfilled, Reserved, Shipped };
inline constexpr int kFulfillmentStatusCount = 3;

/// The names of the HTTP API: "PENDING", "partially_refunded", "unfulfilled".
[[nodiscard]] std::string_view to_string(Status status);
[[nodiscard]] std::string_view to_string(PaymentStatus status);
[[nodiscard]] std::string_view to_string(FulfillmentStatus status);
[[nodiscard]] std::optional<Status> status_from_string(std::string_view name);

/// How many orders are stored.
struct OrderCounts {
  /// nullopt where counting would mean to read every order.
  std::optional<std::array<std::int64_t, kStatusCount>> by_status;
  std::int64_t parked = 0;
};

}  // namespace orderflow
