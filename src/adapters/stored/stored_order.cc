#include "adapters/stored/stored_order.h"

#include <limits>

#include "adapters/stored/address_fields.h"
#include "adapters/stored/json_reader.h"
#include "base/json_writer.h"

namespace orderflow {
namespace {

constexpr std::int64_t kBodyVersion = 1;

void write_stock(JsonWriter& out, const std::vector<StockLine>& stock) {
  out.begin_array();
  for (const StockLine& line : stock) {
    out.begin_array().value(line.sku).value(line.quantity).end_array();
  }
  out.end_array();
}

void write_event(JsonWriter& out, const Event& event, std::int64_t epoch) {
  out.begin_array().value(static_cast<int>(event.type));
  out.value(epoch_ms(event.at) - epoch);
  out.value(static_cast<int>(event.actor));
  const int fields = event.first_at          ? 5
                     : !event.detail.empty() ? 4
                     : !event.stock.empty()  ? 3
                     : event.amount != 0     ? 2
                     : event.attempt != 0    ? 1
                                             : 0;
  if (fields >= 1) out.value(event.attempt);
  if (fields >= 2) out.value(event.amount);
  if (fields >= 3) write_stock(out, event.stock);
  if (fields >= 4) out.value(event.detail);
  if (fields >= 5) out.value(event.count).value(epoch_ms(*event.first_at) - epoch);
  out.end_array();
}

Timestamp time_of(std::int64_t since_1970) { return Timestamp(Duration(since_1970)); }

/// An integer from `min` on that fits into an int.
int small(const JsonReader& value, int min) {
  return static_cast<int>(value.integer(min, std::numeric_limits<int>::max()));
}

template <typename Enum>
Enum enumerator(const JsonReader& value, int count) {
  return static_cast<Enum>(value.integer(0, count - 1));
}

std::vector<StockLine> read_stock(const JsonReader& value) {
  std::vector<StockLine> stock;
  value.each([&stock](const JsonReader& pair) {
    if (pair.size() != 2) pair.fail("must have 2 items");
    stock.push_back({pair.item(0).text(), pair.item(1).integer(1)});
  });
  return stock;
}

Timestamp time_since(std::int64_t epoch, const JsonReader& value) {
  const auto at = checked_add(epoch, value.integer());
  if (!at) value.fail("is no valid time");
  return time_of(*at);
}

Event read_event(const JsonReader& fields, const std::vector<Event>& before) {
  const std::size_t size = fields.size();
  if (size < 3 || size == 8 || size > 9) fields.fail("must have 3 to 7 items, or 9");
  Event event;
  event.type = enumerator<EventType>(fields.item(0), kEventTypeCount);
  const std::int64_t epoch = before.empty() ? 0 : epoch_ms(before.front().at);
  event.at = time_since(epoch, fields.item(1));
  event.actor = enumerator<Actor>(fields.item(2), kActorCount);
  if (size > 3) event.attempt = small(fields.item(3), 0);
  if (size > 4) event.amount = fields.item(4).integer();
  if (size > 5) event.stock = read_stock(fields.item(5));
  if (size > 6) event.detail = fields.item(6).text();
  if (size > 8) {
    event.count = small(fields.item(7), 2);
    event.first_at = time_since(epoch, fields.item(8));
  }
  return event;
}

Line read_line(const JsonReader& fields) {
  const std::size_t size = fields.size();
  if (size != 3 && size != 4) fields.fail("must have 3 or 4 items");
  Line line;
  line.name = fields.item(0).text();
  line.unit_price = fields.item(1).integer();
  line.quantity = fields.item(2).integer();
  line.sku = size == 4 ? fields.item(3).text() : line.name;
  const auto total = checked_multiply(line.unit_price, line.quantity);
  if (!total) fields.fail("has too large a total");
  line.total = *total;
  return line;
}

Address read_address(const JsonReader& value) {
  JsonMembers members(value);
  Address address;
  for (const auto& [name, member] : kAddressFields) {
    if (const auto field = members.find(name)) address.*member = field->text();
  }
  members.end();
  return address;
}

OrderBody read_body(const OrderId& id, const JsonReader& value) {
  JsonMembers members(value);
  (void)members.get("v").integer(kBodyVersion, kBodyVersion);
  OrderBody body;
  body.id = id;
  body.created_at = time_of(members.get("at").integer());
  body.customer_email = members.get("email").text();
  body.currency = members.get("currency").currency();
  body.payment_method = members.get("pay").text();
  members.get("lines").each([&body](const JsonReader& line) {
    body.lines.push_back(read_line(line));
    const auto total = checked_add(body.total, body.lines.back().total);
    if (!total) line.fail("makes too large a total");
    body.total = *total;
  });
  if (const auto address = members.find("address")) body.shipping_address = read_address(*address);
  if (const auto metadata = members.find("metadata")) {
    JsonMembers(*metadata).each([&body](std::string_view key, const JsonReader& entry) {
      body.metadata.emplace_back(key, entry.text());
    });
  }
  members.end();
  return body;
}

OrderState read_state(const JsonReader& value) {
  JsonMembers members(value);
  OrderState state;
  state.status = enumerator<Status>(members.get("s"), kStatusCount);
  state.payment_status = enumerator<PaymentStatus>(members.get("p"), kPaymentStatusCount);
  state.fulfillment_status =
      enumerator<FulfillmentStatus>(members.get("f"), kFulfillmentStatusCount);
  if (const auto due = members.find("due")) state.due_at = time_of(due->integer());
  if (const auto tries = members.find("tries")) state.tries = small(*tries, 1);
  if (const auto parked = members.find("parked")) {
    if (parked->size() != 2) parked->fail("must have 2 items");
    state.attention = Attention{parked->item(0).text(), time_of(parked->item(1).integer())};
  }
  if (const auto reason = members.find("reason")) state.reason = reason->text();
  if (const auto tracking = members.find("tracking")) state.tracking_number = tracking->text();
  if (const auto carrier = members.find("carrier")) state.carrier = carrier->text();
  const JsonReader events = members.get("e");
  if (events.size() == 0) events.fail("must not be empty");
  state.events.reserve(events.size() + 1);
  events.each([&state](const JsonReader& event) {
    state.events.push_back(read_event(event, state.events));
  });
  members.end();
  return state;
}

template <typename Read>
auto decode(std::string_view text, Read read)
    -> Result<decltype(read(std::declval<JsonReader>()))> {
  auto order = read_json(text, read);
  if (!order) return failure(ErrorCode::Corrupt, "a stored order is malformed: " + order.error());
  return std::move(*order);
}

}  // namespace

std::string encode_body(const OrderBody& body) {
  std::string text;
  text.reserve(160 + 48 * body.lines.size());
  JsonWriter out(text);
  out.begin_object().member("v", kBodyVersion).member("at", epoch_ms(body.created_at));
  out.member("email", body.customer_email).member("currency", body.currency.code());
  out.member("pay", body.payment_method).key("lines").begin_array();
  for (const Line& line : body.lines) {
    out.begin_array().value(line.name).value(line.unit_price).value(line.quantity);
    if (line.sku != line.name) out.value(line.sku);
    out.end_array();
  }
  out.end_array();
  if (body.shipping_address) {
    out.key("address").begin_object();
    for (const auto& [name, member] : kAddressFields) {
      const std::string& field = *body.shipping_address.*member;
      if (!field.empty()) out.member(name, field);
    }
    out.end_object();
  }
  if (!body.metadata.empty()) {
    out.key("metadata").begin_object();
    for (const auto& [name, value] : body.metadata) {
      append_json_string(out.element().out(), name);
      out.out() += ':';
      append_json_string(out.out(), value);
    }
    out.end_object();
  }
  out.end_object();
  return text;
}

std::string encode_state(const OrderState& state) {
  std::string text;
  text.reserve(128 + 40 * state.events.size());
  JsonWriter out(text);
  out.begin_object().member("s", static_cast<int>(state.status));
  out.member("p", static_cast<int>(state.payment_status));
  out.member("f", static_cast<int>(state.fulfillment_status));
  if (state.due_at) out.member("due", epoch_ms(*state.due_at));
  if (state.tries != 0) out.member("tries", state.tries);
  if (state.attention) {
    out.key("parked").begin_array().value(state.attention->reason);
    out.value(epoch_ms(state.attention->since)).end_array();
  }
  if (!state.reason.empty()) out.member("reason", state.reason);
  if (!state.tracking_number.empty()) out.member("tracking", state.tracking_number);
  if (!state.carrier.empty()) out.member("carrier", state.carrier);
  out.key("e").begin_array();
  std::int64_t epoch = 0;
  for (const Event& event : state.events) {
    write_event(out, event, epoch);
    epoch = epoch_ms(state.events.front().at);
  }
  out.end_array().end_object();
  return text;
}

Result<OrderBody> decode_body(const OrderId& id, std::string_view text) {
  return decode(text, [&id](const JsonReader& value) { return read_body(id, value); });
}

Result<OrderState> decode_state(std::string_view text) { return decode(text, read_state); }

}  // namespace orderflow
