#include "tools/export_line.h"

#include "adapters/sandbox/payment_account.h"
#include "adapters/stored/address_fields.h"
#include "base/hex.h"
#include "base/json_writer.h"

namespace orderflow {
namespace {

void write_time(JsonWriter& json, std::string_view name, Timestamp at) {
  json.member(name, format_rfc3339(at));
}

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_body(JsonWriter& json, const OrderBody& body) {
  json.member("orderId", body.id.to_string());
  write_time(json, "createdAt", body.created_at);
  json.member("customerEmail", body.customer_email).key("items").begin_array();
  for (const Line& line : body.lines) {
    json.begin_object()
        .member("sku", line.sku)
        .member("name", line.name)
        .member("priceMinor", line.unit_price)
        .member("quantity", line.quantity)
        .end_object();
  }
  json.end_array().member("currency", body.currency.code()).member("totalMinor", body.total);
  json.member("paymentMethod", body.payment_method);
  if (body.shipping_address) {
    json.key("shippingAddress").begin_object();
    for (const auto& [name, field] : kAddressFields) {
      json.member(name, *body.shipping_address.*field);
    }
    json.end_object();
  }
  if (body.metadata.empty()) return;
  json.key("metadata").begin_object();
  for (const auto& [name, value] : body.metadata) {
    append_json_string(json.element().out(), name);
    json.out() += ':';
    append_json_string(json.out(), value);
  }
  json.end_object();
}

void write_event(JsonWriter& json, const Event& event) {
  json.begin_object().member("type", to_string(event.type));
  write_time(json, "at", event.at);
  json.member("actor", to_string(event.actor));
  if (event.attempt != 0) json.member("attempt", event.attempt);
  if (event.amount != 0) json.member("amountMinor", event.amount);
  if (!event.stock.empty()) {
    json.key("stock").begin_array();
    for (const StockLine& line : event.stock) {
      json.begin_object().member("sku", line.sku).member("quantity", line.quantity).end_object();
    }
    json.end_array();
  }
  write_text(json, "detail", event.detail);
  if (event.first_at) {
    json.member("count", event.count);
    write_time(json, "firstAt", *event.first_at);
  }
  json.end_object();
}

void write_state(JsonWriter& json, const OrderState& state) {
  json.member("status", to_string(state.status));
  json.member("paymentStatus", to_string(state.payment_status));
  json.member("fulfillmentStatus", to_string(state.fulfillment_status));
  if (state.due_at) write_time(json, "dueAt", *state.due_at);
  if (state.tries != 0) json.member("tries", state.tries);
  if (state.attention) {
    json.key("attention").begin_object().member("reason", state.attention->reason);
    write_time(json, "since", state.attention->since);
    json.end_object();
  }
  write_text(json, "reason", state.reason);
  write_text(json, "trackingNumber", state.tracking_number);
  write_text(json, "carrier", state.carrier);
  json.key("events").begin_array();
  for (const Event& event : state.events) write_event(json, event);
  json.end_array();
}

void write(JsonWriter& json, const HeaderLine& line) {
  json.member("type", "header").member("version", line.version);
  if (!line.sandbox) json.member("sandbox", "lost");
}

void write(JsonWriter& json, const Product& product) {
  json.member("type", "product").member("sku", product.sku).member("name", product.name);
  json.member("priceMinor", product.price).member("currency", product.currency.code());
  json.member("available", product.stock.available).member("reserved", product.stock.reserved);
  json.member("shipped", product.stock.shipped).member("received", product.stock.received);
}

void write(JsonWriter& json, const StockEntry& line) {
  json.member("type", "stock").member("sku", line.sku);
  write_time(json, "at", line.at);
  json.member("quantity", line.quantity).member("reason", line.reason);
  if (line.key) json.member("key", to_hex(*line.key));
}

void write(JsonWriter& json, const OrderLine& line) {
  json.member("type", "order");
  write_body(json, *line.order.body);
  write_state(json, line.order.state);
  if (!line.idempotency) return;
  json.key("idempotency").begin_object().member("key", to_hex(line.idempotency->key));
  json.member("fingerprint", to_hex(line.idempotency->fingerprint)).end_object();
}

void write(JsonWriter& json, const PaymentLine& line) {
  json.member("type", "payment").member("orderId", line.order.to_string());
  json.member("currency", line.account.currency);
  write_text(json, "paymentMethod", line.account.payment_method);
  json.key("entries").begin_array();
  for (const sandbox::PaymentEntry& entry : line.account.entries) {
    json.begin_object().member("operation", to_string(entry.operation));
    json.member("attempt", entry.attempt).member("amountMinor", entry.amount);
    json.member("answer", entry.answer).end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, const ArchivedShipment& line) {
  json.member("type", "shipment").member("orderId", line.order.to_string());
  json.member("attempt", line.attempt);
}

void write(JsonWriter& json, const EndLine& line) {
  json.member("type", "end").member("lines", line.lines);
}

}  // namespace

void append_line(std::string& out, const ExportLine& line) {
  JsonWriter json(out);
  json.begin_object();
  std::visit([&json](const auto& value) { write(json, value); }, line);
  json.end_object();
  out += '\n';
}

}  // namespace orderflow
