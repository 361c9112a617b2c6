#include "api/order_json.h"

#include <array>
#include <optional>

#include "base/json_writer.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

void write_id(JsonWriter& json, std::string_view name, const OrderId& id) {
  json.key(name).element();
  json.out() += '"';
  id.append_to(json.out());
  json.out() += '"';
}

void write_time(JsonWriter& json, std::string_view name, Timestamp at) {
  json.key(name).element();
  json.out() += '"';
  append_rfc3339(json.out(), at);
  json.out() += '"';
}

void write_amount(JsonWriter& json, std::string_view name, Minor amount, Currency currency) {
  json.key(name).element();
  append_decimal(json.out(), amount, currency);
}

void write_if_known(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_lines(JsonWriter& json, const OrderBody& body) {
  json.key("items").begin_array();
  for (const Line& line : body.lines) {
    json.begin_object().member("sku", line.sku).member("name", line.name);
    write_amount(json, "price", line.unit_price, body.currency);
    json.member("quantity", line.quantity);
    write_amount(json, "lineTotal", line.total, body.currency);
    json.end_object();
  }
  json.end_array();
}

void write_address(JsonWriter& json, const Address& address) {
  json.key("shippingAddress").begin_object();
  write_if_known(json, "name", address.name);
  write_if_known(json, "line1", address.line1);
  write_if_known(json, "line2", address.line2);
  write_if_known(json, "city", address.city);
  write_if_known(json, "region", address.region);
  write_if_known(json, "postalCode", address.postal_code);
  write_if_known(json, "country", address.country);
  json.end_object();
}

void write_metadata(JsonWriter& json, const OrderBody& body) {
  json.key("metadata").begin_object();
  for (const auto& [name, value] : body.metadata) {
    json.element();
    append_json_string(json.out(), name);
    json.out() += ':';
    append_json_string(json.out(), value);
  }
  json.end_object();
}

void write_attention(JsonWriter& json, const OrderState& state) {
  if (!state.attention) return;
  json.key("attention").begin_object().member("reason", state.attention->reason);
  write_time(json, "since", state.attention->since);
  json.end_object();
}

void write_order(JsonWriter& json, const Order& order) {
  const OrderBody& body = *order.body;
  const OrderState& state = order.state;
  json.begin_object();
  write_id(json, "orderId", body.id);
  json.member("status", to_string(state.status))
      .member("paymentStatus", to_string(state.payment_status))
      .member("fulfillmentStatus", to_string(state.fulfillment_status))
      .member("customerEmail", body.customer_email);
  write_lines(json, body);
  json.member("currency", body.currency.code());
  write_amount(json, "total", body.total, body.currency);
  json.member("totalMinor", body.total);
  if (body.shipping_address) write_address(json, *body.shipping_address);
  if (!body.metadata.empty()) write_metadata(json, body);
  write_time(json, "createdAt", body.created_at);
  write_time(json, "updatedAt", order.updated_at());
  json.member("version", order.version());
  write_if_known(json, "trackingNumber", state.tracking_number);
  write_if_known(json, "carrier", state.carrier);
  write_if_known(json, "reason", state.reason);
  write_attention(json, state);
  json.end_object();
}

void write_event(JsonWriter& json, std::size_t seq, const Event& event, Currency currency) {
  json.begin_object().member("seq", seq);
  write_time(json, "at", event.at);
  json.member("type", to_string(event.type)).member("actor", to_string(event.actor));
  if (event.attempt > 0) json.member("attempt", event.attempt);
  if (event.amount > 0) {
    write_amount(json, "amount", event.amount, currency);
    json.member("amountMinor", event.amount);
  }
  if (!event.stock.empty()) {
    json.key("stock").begin_array();
    for (const StockLine& line : event.stock) {
      json.begin_object().member("sku", line.sku).member("quantity", line.quantity).end_object();
    }
    json.end_array();
  }
  write_if_known(json, "detail", event.detail);
  json.end_object();
}

void write_next(JsonWriter& json, const OrderState& state) {
  json.key("next");
  const auto next = due(state);
  if (!next) {
    json.null();
    return;
  }
  json.begin_object()
      .member("operation", to_string(next->operation))
      .member("queue", to_string(next->stage));
  write_time(json, "at", next->at);
  json.end_object();
}

void write_cursor(JsonWriter& json, const std::string& cursor) {
  json.key("nextCursor");
  if (cursor.empty()) {
    json.null();
  } else {
    json.value(cursor);
  }
}

void write_product(JsonWriter& json, const Product& product) {
  json.begin_object().member("sku", product.sku).member("name", product.name);
  write_amount(json, "price", product.price, product.currency);
  json.member("currency", product.currency.code());
  json.key("stock")
      .begin_object()
      .member("available", product.stock.available)
      .member("reserved", product.stock.reserved)
      .member("shipped", product.stock.shipped)
      .member("received", product.stock.received)
      .end_object();
  json.end_object();
}

/// The queue that a parked order is back in once it is retried.
std::optional<Stage> parked_stage(const Order& order) {
  OrderState state = order.state;
  state.attention.reset();
  const auto next = due(state);
  return next ? std::optional(next->stage) : std::nullopt;
}

void write_parked(JsonWriter& json, const Order& order, std::optional<Stage> stage) {
  json.begin_object();
  write_id(json, "orderId", order.id());
  if (stage) json.member("queue", to_string(*stage));
  if (order.state.attention) {
    json.member("reason", order.state.attention->reason);
    write_time(json, "since", order.state.attention->since);
  }
  json.end_object();
}

/// Milliseconds as a JSON number of seconds.
void write_seconds(JsonWriter& json, std::string_view name, Duration duration) {
  const auto ms = duration.count() % 1000;
  json.key(name).element();
  append_integer(json.out(), duration.count() / 1000);
  for (const char c : {'.', static_cast<char>('0' + ms / 100),
                       static_cast<char>('0' + ms / 10 % 10), static_cast<char>('0' + ms % 10)}) {
    json.out() += c;
  }
}

}  // namespace

std::string order_json(const Order& order) {
  std::string out;
  out.reserve(768);
  JsonWriter json(out);
  write_order(json, order);
  return out;
}

std::string timeline_json(const Order& order) {
  std::string out;
  out.reserve(256 + 192 * order.state.events.size());
  JsonWriter json(out);
  json.begin_object();
  write_id(json, "orderId", order.id());
  json.member("status", to_string(order.state.status))
      .member("currency", order.body->currency.code());
  json.key("events").begin_array();
  std::size_t seq = 0;
  for (const Event& event : order.state.events) {
    write_event(json, ++seq, event, order.body->currency);
  }
  json.end_array();
  write_next(json, order.state);
  write_attention(json, order.state);
  json.end_object();
  return out;
}

std::string order_page_json(const OrderPage& page) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("orders").begin_array();
  for (const OrderPtr& order : page.orders) write_order(json, *order);
  json.end_array();
  write_cursor(json, page.next_cursor);
  json.end_object();
  return out;
}

std::string product_json(const Product& product) {
  std::string out;
  JsonWriter json(out);
  write_product(json, product);
  return out;
}

std::string product_page_json(const ProductPage& page) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("products").begin_array();
  for (const Product& product : page.products) write_product(json, product);
  json.end_array();
  write_cursor(json, page.next_cursor);
  json.end_object();
  return out;
}

std::string queues_json(const std::vector<QueueDepth>& depths,
                        const std::vector<OrderPtr>& parked) {
  std::array<std::int64_t, kStageCount> parked_count{};
  std::vector<std::optional<Stage>> stages;
  for (const OrderPtr& order : parked) {
    stages.push_back(parked_stage(*order));
    if (stages.back()) ++parked_count[static_cast<std::size_t>(*stages.back())];
  }

  std::string out;
  JsonWriter json(out);
  json.begin_object().key("queues").begin_array();
  for (const QueueDepth& depth : depths) {
    json.begin_object()
        .member("name", to_string(depth.stage))
        .member("ready", depth.ready)
        .member("inFlight", depth.in_flight)
        .member("delayed", depth.delayed)
        .member("parked", parked_count[static_cast<std::size_t>(depth.stage)]);
    write_seconds(json, "oldestAgeSeconds", depth.oldest_age);
    json.end_object();
  }
  json.end_array();
  json.key("parked").begin_array();
  for (std::size_t i = 0; i < parked.size(); ++i) write_parked(json, *parked[i], stages[i]);
  json.end_array().end_object();
  return out;
}

}  // namespace orderflow
