#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/time.h"
#include "order/model/event.h"
#include "order/model/status.h"

namespace orderflow {

struct Line {
  std::string sku;
  std::string name;
  Minor unit_price = 0;
  std::int64_t quantity = 0;
  Minor total = 0;  ///< unit_price * quantity, checked when the line was made

  friend bool operator==(const Line&, const Line&) = default;
};

struct Address {
  std::string name, line1, line2, city, region, postal_code, country;

  friend bool operator==(const Address&, const Address&) = default;
};

/// The order as the customer submitted it. Never changes.
struct OrderBody {
  OrderId id;
  Timestamp created_at{};
  std::string customer_email;
  std::vector<Line> lines;
  Currency currency = Currency::usd();
  Minor total = 0;
  std::string payment_method;
  std::optional<Address> shipping_address;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< in order of key

  friend bool operator==(const OrderBody&, const OrderBody&) = default;
};

/// Why an order waits for a person, and since when.
struct Attention {
  std::string reason;
  Timestamp since{};

  friend bool operator==(const Attention&, const Attention&) = default;
};

/// The state of the order. Only the functions of order/rules/transitions.h change it.
struct OrderState {
  Status status = Status::Pending;
  PaymentStatus payment_status = PaymentStatus::None;
  FulfillmentStatus fulfillment_status = FulfillmentStatus::Unfulfilled;
  /// When the next step is due (order/rules/due.h derives which). Empty where nothing is due.
  std::optional<Timestamp> due_at;
  /// How often the due step was put off, since the order's last progress.
  int tries = 0;
  /// Set while the order is parked: nothing happens until POST /orders/{id}/retry.
  std::optional<Attention> attention;
  std::string reason;  ///< why it was declined, sold out or cancelled
  std::string tracking_number;
  std::string carrier;
  /// Every step so far, oldest first: the timeline, and the ledger of the money and stock it moved.
  std::vector<Event> events;

  /// How much has happened: the sum of what the events count. Each commit adds one, or a few that
  /// were decided together.
  [[nodiscard]] std::uint32_t version() const;

  friend bool operator==(const OrderState&, const OrderState&) = default;
};

struct Order {
  std::shared_ptr<const OrderBody> body;
  OrderState state;

  [[nodiscard]] const OrderId& id() const { return body->id; }
  [[nodiscard]] std::uint32_t version() const { return state.version(); }
  [[nodiscard]] Timestamp updated_at() const { return state.events.back().at; }
};

/// A stored order. It is shared, so it is replaced and never changed in place.
using OrderPtr = std::shared_ptr<const Order>;

/// The money that the events have moved. captured <= authorized <= total, refunded <= captured.
struct Balance {
  Minor authorized = 0;  ///< ever authorized
  Minor voided = 0;      ///< of that, given back before capture
  Minor captured = 0;
  Minor refunded = 0;

  friend bool operator==(const Balance&, const Balance&) = default;
};
[[nodiscard]] Balance balance(const OrderState& state);

/// Whether the events of `next` can follow those of `before` by one commit or more: they are those of
/// `before` and at least one further, or the last is a WorkDeferred that counts more than before.
[[nodiscard]] bool continues(const OrderState& next, const OrderState& before);

/// The stock that the order holds in reserve, by its events; empty once it is released or shipped.
[[nodiscard]] std::vector<StockLine> held_stock(const OrderState& state);

}  // namespace orderflow
