#include "adapters/stored/stored_order.h"

#include <array>
#include <boost/json.hpp>
#include <limits>

#include "base/json_writer.h"

namespace orderflow {
namespace json = boost::json;
namespace {

constexpr std::int64_t kBodyVersion = 1;

struct AddressField {
  std::string_view name;
  std::string Address::*member;
};
constexpr std::array<AddressField, 7> kAddressFields = {{{"name", &Address::name},
                                                         {"line1", &Address::line1},
                                                         {"line2", &Address::line2},
                                                         {"city", &Address::city},
                                                         {"region", &Address::region},
                                                         {"postalCode", &Address::postal_code},
                                                         {"country", &Address::country}}};

std::int64_t ms(Timestamp at) { return at.time_since_epoch().count(); }

void write_stock(JsonWriter& out, const std::vector<StockLine>& stock) {
  out.begin_array();
  for (const StockLine& line : stock) {
    out.begin_array().value(line.sku).value(line.quantity).end_array();
  }
  out.end_array();
}

void write_event(JsonWriter& out, const Event& event, std::int64_t epoch) {
  out.begin_array().value(static_cast<int>(event.type));
  out.value(ms(event.at) - epoch);
  out.value(static_cast<int>(event.actor));
  const int fields = !event.detail.empty()  ? 4
                     : !event.stock.empty() ? 3
                     : event.amount != 0    ? 2
                     : event.attempt != 0   ? 1
                                            : 0;
  if (fields >= 1) out.value(event.attempt);
  if (fields >= 2) out.value(event.amount);
  if (fields >= 3) write_stock(out, event.stock);
  if (fields >= 4) out.value(event.detail);
  out.end_array();
}

/// The part of the text that is malformed; thrown and caught in this file only.
struct Malformed {
  const char* what;
};

std::int64_t integer(const json::value& value, const char* what) {
  if (const auto* number = value.if_int64()) return *number;
  throw Malformed{what};
}

/// An integer from `min` on that fits into an int.
int small(const json::value& value, int min, const char* what) {
  const std::int64_t number = integer(value, what);
  if (number < min || number > std::numeric_limits<int>::max()) throw Malformed{what};
  return static_cast<int>(number);
}

std::string text(const json::value& value, const char* what) {
  if (const auto* string = value.if_string()) return {string->data(), string->size()};
  throw Malformed{what};
}

const json::array& array(const json::value& value, const char* what) {
  if (const auto* elements = value.if_array()) return *elements;
  throw Malformed{what};
}

/// The members of an object. end() throws if one of them was not asked for.
class Members {
 public:
  Members(const json::value& value, const char* what) : members_(value.if_object()) {
    if (members_ == nullptr) throw Malformed{what};
  }
  const json::value* find(std::string_view name) {
    const json::value* value = members_->if_contains(name);
    if (value != nullptr) ++known_;
    return value;
  }
  const json::value& get(std::string_view name) {
    if (const json::value* value = find(name)) return *value;
    throw Malformed{"a member is missing"};
  }
  void end() const {
    if (known_ != members_->size()) throw Malformed{"a member is unknown"};
  }

 private:
  const json::object* members_;
  std::size_t known_ = 0;
};

Timestamp time_of(std::int64_t since_1970) { return Timestamp(Duration(since_1970)); }

template <typename Enum>
Enum enumerator(const json::value& value, int count, const char* what) {
  const std::int64_t number = integer(value, what);
  if (number < 0 || number >= count) throw Malformed{what};
  return static_cast<Enum>(number);
}

std::vector<StockLine> read_stock(const json::value& value) {
  std::vector<StockLine> stock;
  for (const auto& element : array(value, "stock")) {
    const auto& pair = array(element, "stock");
    if (pair.size() != 2) throw Malformed{"stock"};
    stock.push_back({text(pair[0], "stock"), integer(pair[1], "stock")});
    if (stock.back().quantity <= 0) throw Malformed{"stock"};
  }
  return stock;
}

Event read_event(const json::value& value, const std::vector<Event>& before) {
  const auto& fields = array(value, "event");
  if (fields.size() < 3 || fields.size() > 7) throw Malformed{"event"};
  Event event;
  event.type = enumerator<EventType>(fields[0], kEventTypeCount, "event type");
  const std::int64_t epoch = before.empty() ? 0 : ms(before.front().at);
  const auto at = checked_add(epoch, integer(fields[1], "event time"));
  if (!at) throw Malformed{"event time"};
  event.at = time_of(*at);
  event.actor = enumerator<Actor>(fields[2], kActorCount, "actor");
  if (fields.size() > 3) event.attempt = small(fields[3], 0, "attempt");
  if (fields.size() > 4) event.amount = integer(fields[4], "amount");
  if (fields.size() > 5) event.stock = read_stock(fields[5]);
  if (fields.size() > 6) event.detail = text(fields[6], "detail");
  return event;
}

Line read_line(const json::value& value) {
  const auto& fields = array(value, "line");
  if (fields.size() != 3 && fields.size() != 4) throw Malformed{"line"};
  Line line;
  line.name = text(fields[0], "line name");
  line.unit_price = integer(fields[1], "line price");
  line.quantity = integer(fields[2], "line quantity");
  line.sku = fields.size() == 4 ? text(fields[3], "line SKU") : line.name;
  const auto total = checked_multiply(line.unit_price, line.quantity);
  if (!total) throw Malformed{"line total"};
  line.total = *total;
  return line;
}

Address read_address(const json::value& value) {
  Members members(value, "address");
  Address address;
  for (const auto& [name, member] : kAddressFields) {
    if (const auto* field = members.find(name)) address.*member = text(*field, "address");
  }
  members.end();
  return address;
}

OrderBody read_body(const OrderId& id, const json::value& value) {
  Members members(value, "body");
  if (integer(members.get("v"), "version") != kBodyVersion) throw Malformed{"version"};
  OrderBody body;
  body.id = id;
  body.created_at = time_of(integer(members.get("at"), "time"));
  body.customer_email = text(members.get("email"), "e-mail");
  const auto currency = Currency::from_code(text(members.get("currency"), "currency"));
  if (!currency) throw Malformed{"currency"};
  body.currency = *currency;
  body.payment_method = text(members.get("pay"), "payment method");
  for (const auto& line : array(members.get("lines"), "lines")) {
    body.lines.push_back(read_line(line));
    const auto total = checked_add(body.total, body.lines.back().total);
    if (!total) throw Malformed{"total"};
    body.total = *total;
  }
  if (const auto* address = members.find("address")) body.shipping_address = read_address(*address);
  if (const auto* metadata = members.find("metadata")) {
    const auto* entries = metadata->if_object();
    if (entries == nullptr) throw Malformed{"metadata"};
    for (const auto& entry : *entries) {
      body.metadata.emplace_back(entry.key(), text(entry.value(), "metadata"));
    }
  }
  members.end();
  return body;
}

OrderState read_state(const json::value& value) {
  Members members(value, "state");
  OrderState state;
  state.status = enumerator<Status>(members.get("s"), kStatusCount, "status");
  state.payment_status =
      enumerator<PaymentStatus>(members.get("p"), kPaymentStatusCount, "payment status");
  state.fulfillment_status = enumerator<FulfillmentStatus>(
      members.get("f"), kFulfillmentStatusCount, "fulfillment status");
  if (const auto* due = members.find("due")) state.due_at = time_of(integer(*due, "due"));
  if (const auto* tries = members.find("tries")) state.tries = small(*tries, 1, "tries");
  if (const auto* parked = members.find("parked")) {
    const auto& fields = array(*parked, "parked");
    if (fields.size() != 2) throw Malformed{"parked"};
    state.attention = Attention{text(fields[0], "parked"), time_of(integer(fields[1], "parked"))};
  }
  if (const auto* reason = members.find("reason")) state.reason = text(*reason, "reason");
  if (const auto* tracking = members.find("tracking")) {
    state.tracking_number = text(*tracking, "tracking");
  }
  if (const auto* carrier = members.find("carrier")) state.carrier = text(*carrier, "carrier");
  const auto& events = array(members.get("e"), "events");
  if (events.empty()) throw Malformed{"events"};
  state.events.reserve(events.size() + 1);
  for (const auto& event : events) state.events.push_back(read_event(event, state.events));
  members.end();
  return state;
}

/// Parses without a heap allocation for an ordinary order, and turns what is malformed into
/// Corrupt.
template <typename Read>
auto decode(std::string_view text, Read read) -> Result<decltype(read(json::value{}))> {
  std::array<unsigned char, 8192> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  // A reason may quote what another service said: whatever bytes were written are read again.
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error, &memory, options);
  if (error) return failure(ErrorCode::Corrupt, "a stored order is not JSON: " + error.message());
  try {
    return read(value);
  } catch (const Malformed& malformed) {
    return failure(ErrorCode::Corrupt,
                   std::string("a stored order is malformed: ") + malformed.what);
  }
}

}  // namespace

std::string encode_body(const OrderBody& body) {
  std::string text;
  text.reserve(160 + 48 * body.lines.size());
  JsonWriter out(text);
  out.begin_object().member("v", kBodyVersion).member("at", ms(body.created_at));
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
  if (state.due_at) out.member("due", ms(*state.due_at));
  if (state.tries != 0) out.member("tries", state.tries);
  if (state.attention) {
    out.key("parked").begin_array().value(state.attention->reason);
    out.value(ms(state.attention->since)).end_array();
  }
  if (!state.reason.empty()) out.member("reason", state.reason);
  if (!state.tracking_number.empty()) out.member("tracking", state.tracking_number);
  if (!state.carrier.empty()) out.member("carrier", state.carrier);
  out.key("e").begin_array();
  std::int64_t epoch = 0;
  for (const Event& event : state.events) {
    write_event(out, event, epoch);
    epoch = ms(state.events.front().at);
  }
  out.end_array().end_object();
  return text;
}

Result<OrderBody> decode_body(const OrderId& id, std::string_view text) {
  return decode(text, [&id](const json::value& value) { return read_body(id, value); });
}

Result<OrderState> decode_state(std::string_view text) { return decode(text, read_state); }

}  // namespace orderflow
