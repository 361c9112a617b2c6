#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/time.h"

namespace orderflow {

/// What happened, in the past tense. The numbers are stored: append only.
enum class EventType : std::uint8_t {
  OrderReceived,
  PaymentAuthorized,  ///< amount: held at the payment provider
  PaymentDeclined,
  StockReserved,  ///< stock: available -> reserved
  OutOfStock,
  FulfillmentClaimed,  ///< the point of no return
  PaymentCaptured,     ///< amount: taken
  CaptureDeclined,     ///< amount: the authorization that lapsed; stock: reserved -> available
  OrderShipped,        ///< stock: reserved -> shipped
  OrderCancelled,      ///< stock: reserved -> available
  PaymentVoided,       ///< amount: the authorization given back, 0 where there was none
  WorkDeferred,        ///< a step had no result; it is due again later. Counts repetitions
  WorkParked,          ///< a step had no result for too long, or never will; a person must look
  WorkRetried,         ///< a person put parked work back
};
inline constexpr int kEventTypeCount = 14;
[[nodiscard]] std::string_view to_string(EventType type);  ///< "PaymentAuthorized"

/// The function that did it. The numbers are stored: append only.
enum class Actor : std::uint8_t {
  OrderSubmission,
  PaymentProcessor,
  InventoryProcessor,
  FulfillmentProcessor,
  OrderAdmin,
};
inline constexpr int kActorCount = 5;
[[nodiscard]] std::string_view to_string(Actor actor);  ///< "payment-processor"

/// A quantity of one stock-controlled SKU, above zero. The type of the event says where it moves.
struct StockLine {
  std::string sku;
  std::int64_t quantity = 0;

  friend bool operator==(const StockLine&, const StockLine&) = default;
};

/// One step of an order, with the money and the stock that it moved.
struct Event {
  EventType type{};
  Timestamp at{};
  Actor actor{};
  int attempt = 0;  ///< of an external effect, part of its idempotency key; 0 where there is none
  Minor amount = 0;
  std::vector<StockLine> stock;
  std::string detail;  ///< for a person; never personal data
  /// How often it happened, `at` being the last time. Above 1 for WorkDeferred only: however long a
  /// provider is down, an order's deferrals of one step are one event.
  int count = 1;
  std::optional<Timestamp> first_at;  ///< where `count` is above 1: the first time

  [[nodiscard]] Timestamp begun_at() const { return first_at.value_or(at); }

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace orderflow
