#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "adapters/sandbox/payment_account.h"
#include "adapters/stored/address_fields.h"
#include "adapters/stored/json_reader.h"
#include "api/json_value.h"
#include "audit/content.h"
#include "audit/timeline.h"
#include "base/hex.h"
#include "base/limits.h"
#include "tools/export_line.h"

namespace orderflow {
namespace {

constexpr std::int64_t kAttemptMax = 1'000;
constexpr std::int64_t kCountMax = 1'000'000;  // of tries, far beyond what any order has
/// Of texts that come from a provider or an operator; what a client sends has limits of its own.
constexpr std::size_t kTextCharactersMax = 64 * 1024;

using Bytes16 = std::array<std::uint8_t, 16>;

std::string read_text(const JsonReader& value) { return value.text(kTextCharactersMax); }

std::string read_text_or_empty(JsonMembers& members, std::string_view name) {
  const auto value = members.find(name);
  return value ? read_text(*value) : std::string();
}

Timestamp read_time(const JsonReader& value) {
  const auto at = parse_rfc3339(value.text());
  if (!at) value.fail("must be a time");
  return *at;
}

OrderId read_order_id(const JsonReader& value) {
  const auto id = OrderId::parse(value.text());
  if (!id) value.fail("must be an order id");
  return *id;
}

Bytes16 read_bytes16(const JsonReader& value) {
  Bytes16 bytes{};
  if (!read_hex(value.text(), bytes)) value.fail("must be 32 hexadecimal digits");
  return bytes;
}

int read_attempt(const JsonReader& value, int min) {
  return static_cast<int>(value.integer(min, kAttemptMax));
}

/// By its name, an enumerator; they are numbered from 0 to count - 1.
template <typename Enum>
Enum read_name(const JsonReader& value, int count) {
  const std::string name = value.text();
  for (int i = 0; i < count; ++i) {
    if (to_string(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  value.fail("is not one that orderflow knows");
}

Line read_item(const JsonReader& value) {
  JsonMembers item(value);
  Line line;
  line.sku = item.get("sku").text();
  line.name = item.get("name").text();
  line.unit_price = item.get("priceMinor").integer(0, kOrderTotalMinorMax);
  line.quantity = item.get("quantity").integer(1, kQuantityMax);
  line.total = checked_multiply(line.unit_price, line.quantity).value_or(kOrderTotalMinorMax + 1);
  item.end();
  return line;
}

Address read_address(const JsonReader& value) {
  JsonMembers members(value);
  Address to;
  for (const auto& [name, member] : kAddressFields) {
    to.*member = members.get(name).text();
  }
  members.end();
  return to;
}

OrderBody read_body(JsonMembers& members) {
  OrderBody body;
  body.id = read_order_id(members.get("orderId"));
  body.created_at = read_time(members.get("createdAt"));
  body.customer_email = members.get("customerEmail").text();
  members.get("items").each(
      [&body](const JsonReader& item) { body.lines.push_back(read_item(item)); });
  body.currency = members.get("currency").currency();
  body.total = members.get("totalMinor").integer(0, kOrderTotalMinorMax);
  body.payment_method = members.get("paymentMethod").text();
  if (const auto to = members.find("shippingAddress")) body.shipping_address = read_address(*to);
  if (const auto metadata = members.find("metadata")) {
    JsonMembers(*metadata).each([&body](std::string_view key, const JsonReader& value) {
      body.metadata.emplace_back(key, value.text());
    });
    std::ranges::sort(body.metadata);  // a program between may have written them in another order
  }
  return body;
}

Event read_event(const JsonReader& value) {
  JsonMembers members(value);
  Event event;
  event.type = read_name<EventType>(members.get("type"), kEventTypeCount);
  event.at = read_time(members.get("at"));
  event.actor = read_name<Actor>(members.get("actor"), kActorCount);
  if (const auto attempt = members.find("attempt")) event.attempt = read_attempt(*attempt, 0);
  if (const auto amount = members.find("amountMinor")) {
    event.amount = amount->integer(0, kOrderTotalMinorMax);
  }
  if (const auto stock = members.find("stock")) {
    stock->each([&event](const JsonReader& moved) {
      JsonMembers line(moved);
      event.stock.push_back(
          {line.get("sku").text(kSkuCharactersMax), line.get("quantity").integer(1, kStockMax)});
      line.end();
    });
  }
  event.detail = read_text_or_empty(members, "detail");
  if (const auto first = members.find("firstAt")) {
    event.first_at = read_time(*first);
    event.count = static_cast<int>(members.get("count").integer(2, kCountMax));
  }
  members.end();
  return event;
}

OrderState read_state(JsonMembers& members) {
  OrderState state;
  state.status = read_name<Status>(members.get("status"), kStatusCount);
  state.payment_status =
      read_name<PaymentStatus>(members.get("paymentStatus"), kPaymentStatusCount);
  state.fulfillment_status =
      read_name<FulfillmentStatus>(members.get("fulfillmentStatus"), kFulfillmentStatusCount);
  if (const auto due = members.find("dueAt")) state.due_at = read_time(*due);
  if (const auto tries = members.find("tries")) {
    state.tries = static_cast<int>(tries->integer(0, kCountMax));
  }
  if (const auto value = members.find("attention")) {
    JsonMembers attention(*value);
    state.attention =
        Attention{read_text(attention.get("reason")), read_time(attention.get("since"))};
    attention.end();
  }
  state.reason = read_text_or_empty(members, "reason");
  state.tracking_number = read_text_or_empty(members, "trackingNumber");
  state.carrier = read_text_or_empty(members, "carrier");
  const JsonReader events = members.get("events");
  events.each([&](const JsonReader& event) {
    if (state.events.size() == kOrderEventsMax) {
      events.fail("must be at most " + std::to_string(kOrderEventsMax));
    }
    state.events.push_back(read_event(event));
  });
  return state;
}

/// `value`, unless its content is none that a client could have sent.
template <typename T>
T checked(T value) {
  if (auto wrong = content_problem(value); !wrong.empty()) throw MalformedJson{std::move(wrong)};
  return value;
}

OrderLine read_order(JsonMembers& members) {
  OrderLine line;
  line.order.body = std::make_shared<const OrderBody>(checked(read_body(members)));
  line.order.state = read_state(members);
  if (const auto value = members.find("idempotency")) {
    JsonMembers use(*value);
    line.idempotency =
        Idempotency{read_bytes16(use.get("key")), read_bytes16(use.get("fingerprint"))};
    use.end();
  }
  Timeline timeline(*line.order.body);
  if (const auto findings = judge(line.order, timeline); !findings.empty()) {
    throw MalformedJson{"/events: do not add up: " + findings.front().detail};
  }
  return line;
}

Product read_product(JsonMembers& members) {
  return checked(Product{.sku = members.get("sku").text(),
                         .name = members.get("name").text(),
                         .price = members.get("priceMinor").integer(0, kOrderTotalMinorMax),
                         .currency = members.get("currency").currency(),
                         .stock = {.available = members.get("available").integer(0, kStockMax),
                                   .reserved = members.get("reserved").integer(0, kStockMax),
                                   .shipped = members.get("shipped").integer(0, kStockMax),
                                   .received = members.get("received").integer(0, kStockMax)}});
}

StockEntry read_stock_entry(JsonMembers& members) {
  StockEntry entry{.sku = members.get("sku").text(),
                   .at = read_time(members.get("at")),
                   .quantity = members.get("quantity").integer(-kStockMax, kStockMax),
                   .reason = read_text(members.get("reason"))};
  if (const auto key = members.find("key")) entry.key = read_bytes16(*key);
  return checked(std::move(entry));
}

PaymentLine read_payment(JsonMembers& members) {
  PaymentLine line;
  line.order = read_order_id(members.get("orderId"));
  line.account.currency = members.get("currency").currency().code();
  line.account.payment_method = read_text_or_empty(members, "paymentMethod");
  members.get("entries").each([&line](const JsonReader& value) {
    JsonMembers entry(value);
    const JsonReader answer = entry.get("answer");
    line.account.entries.push_back(
        {.operation = read_name<sandbox::PaymentOperation>(entry.get("operation"),
                                                           sandbox::kPaymentOperationCount),
         .attempt = read_attempt(entry.get("attempt"), 1),
         .amount = entry.get("amountMinor").integer(0, kOrderTotalMinorMax),
         .answer = read_text(answer)});
    // The sandbox's books have a line an entry.
    if (line.account.entries.back().answer.find('\n') != std::string::npos) {
      answer.fail("must be one line");
    }
    entry.end();
  });
  return line;
}

ArchivedShipment read_shipment(JsonMembers& members) {
  return {.order = read_order_id(members.get("orderId")),
          .attempt = read_attempt(members.get("attempt"), 1)};
}

ExportLine read_members(JsonMembers& members) {
  const JsonReader value = members.get("type");
  const std::string type = value.text();
  if (type == "header") {
    const JsonReader version = members.get("version");
    HeaderLine header{version.integer(0, std::numeric_limits<std::int64_t>::max())};
    if (header.version != kExportVersion) {
      version.fail("must be " + std::to_string(kExportVersion) +
                   ", the version of exports that this orderflow reads");
    }
    if (const auto sandbox = members.find("sandbox")) {
      if (sandbox->text() != "lost") sandbox->fail("is not one that orderflow knows");
      header.sandbox = false;
    }
    return header;
  }
  if (type == "product") return read_product(members);
  if (type == "stock") return read_stock_entry(members);
  if (type == "order") return read_order(members);
  if (type == "payment") return read_payment(members);
  if (type == "shipment") return read_shipment(members);
  if (type == "end") return EndLine{members.get("lines").integer(1)};
  value.fail("is not one that orderflow knows");
}

}  // namespace

std::expected<ExportLine, std::string> parse_line(std::string_view text) {
  // A file may come from anyone: as strict as for a client, no member twice, valid UTF-8.
  if (const auto strict = JsonDocument::parse(text); !strict) {
    return std::unexpected(
        fmt::format("column {}: {}", strict.error().column, strict.error().problem));
  }
  return read_json(text, [](const JsonReader& root) {
    JsonMembers members(root);
    ExportLine line = read_members(members);
    members.end();
    return line;
  });
}

}  // namespace orderflow
