#include "api/order_json.h"

#include "api/json_members.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

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

void write_warnings(JsonWriter& json, std::span<const FieldError> warnings) {
  if (warnings.empty()) return;
  json.key("warnings").begin_array();
  for (const FieldError& warning : warnings) {
    json.begin_object()
        .member("code", warning.code)
        .member("pointer", warning.pointer)
        .member("detail", warning.detail)
        .end_object();
  }
  json.end_array();
}

void write_order(JsonWriter& json, const Order& order, Timestamp now,
                 std::span<const FieldError> warnings = {}) {
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
  if (late(state, now)) json.member("late", true);
  write_warnings(json, warnings);
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
  if (event.first_at) {
    json.member("count", event.count);
    write_time(json, "firstAt", *event.first_at);
  }
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

}  // namespace

std::string order_json(const Order& order, Timestamp now, std::span<const FieldError> warnings) {
  std::string out;
  out.reserve(768);
  JsonWriter json(out);
  write_order(json, order, now, warnings);
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

std::string order_page_json(const OrderPage& page, Timestamp now) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("orders").begin_array();
  for (const OrderPtr& order : page.orders) write_order(json, *order, now);
  json.end_array();
  write_cursor(json, page.next_cursor);
  json.end_object();
  return out;
}

}  // namespace orderflow
