#include <fmt/format.h>

#include <limits>

#include "api/json_value.h"
#include "audit/timeline.h"
#include "base/hex.h"
#include "base/limits.h"
#include "tools/transfer_lines.h"

namespace orderflow {
namespace {

constexpr std::int64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kAttemptMax = 1'000;
constexpr std::size_t kTextBytesMax = 64 * 1024;

using Bytes16 = std::array<std::uint8_t, 16>;

/// Reads the members of one object and remembers the first thing that is wrong, so that a reader is
/// a list of what it wants. What is wrong reads as an empty value.
class Fields {
 public:
  Fields(const JsonValue& object, std::string at, std::string& problem)
      : object_(object), at_(std::move(at)), problem_(problem) {
    if (object.kind() != JsonKind::Object) fail("", "must be an object");
  }

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  std::string text(std::string_view name, std::size_t bytes_max = kTextBytesMax) {
    const JsonValue* value = take(name, JsonKind::String);
    if (value == nullptr) return {};
    if (value->text().size() > bytes_max) fail(name, "is too long");
    return std::string(value->text());
  }
  std::string text_or_empty(std::string_view name) { return has(name) ? text(name) : ""; }

  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const JsonValue* value = take(name, JsonKind::Number);
    if (value == nullptr) return min;
    const auto number = to_integer(value->text());
    if (number && *number >= min && *number <= max) return *number;
    fail(name, fmt::format("must be a whole number from {} to {}", min, max));
    return min;
  }

  Timestamp time(std::string_view name) {
    const auto at = parse_rfc3339(text(name));
    if (!at) fail(name, "must be a time");
    return at.value_or(Timestamp{});
  }

  Currency currency(std::string_view name) {
    const auto currency = Currency::from_code(text(name));
    if (!currency) fail(name, "must be a currency");
    return currency.value_or(Currency::usd());
  }

  OrderId order_id(std::string_view name) {
    const auto id = OrderId::parse(text(name));
    if (!id) fail(name, "must be an order id");
    return id.value_or(OrderId());
  }

  Bytes16 bytes16(std::string_view name) {
    Bytes16 bytes{};
    if (!read_hex(text(name), bytes)) fail(name, "must be 32 hexadecimal digits");
    return bytes;
  }

  /// An enumeration whose values have the numbers from 0 to count - 1.
  template <typename Enum>
  Enum one_of(std::string_view name, int count) {
    const std::string value = text(name);
    for (int i = 0; i < count; ++i) {
      if (to_string(static_cast<Enum>(i)) == value) return static_cast<Enum>(i);
    }
    fail(name, "is not one that orderflow knows");
    return Enum{};
  }

  /// An object of any members that are strings.
  std::vector<std::pair<std::string, std::string>> texts(std::string_view name) {
    std::vector<std::pair<std::string, std::string>> entries;
    const JsonValue* value = take(name, JsonKind::Object);
    if (value == nullptr) return entries;
    for (const JsonValue& member : value->children()) {
      if (member.kind() != JsonKind::String) fail(name, "must hold strings");
      entries.emplace_back(member.name(), member.text());
    }
    return entries;
  }

  Fields object(std::string_view name) {
    const JsonValue* value = take(name, JsonKind::Object);
    return {value != nullptr ? *value : object_, path(name), problem_};
  }

  /// Calls `read(value, path)` for each item.
  template <typename Read>
  void each(std::string_view name, Read read) {
    const JsonValue* value = take(name, JsonKind::Array);
    if (value == nullptr) return;
    std::size_t i = 0;
    for (const JsonValue& item : value->children())
      read(item, fmt::format("{}/{}", path(name), i++));
  }

  void fail(std::string_view name, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}: {}", path(name), what);
  }

  /// Whatever is there must have been asked for.
  void end() {
    if (object_.kind() == JsonKind::Object && taken_ < object_.child_count()) {
      fail("", "has a member that orderflow does not know");
    }
  }

 private:
  [[nodiscard]] std::string path(std::string_view name) const {
    return name.empty() ? at_ : fmt::format("{}/{}", at_, name);
  }
  [[nodiscard]] const JsonValue* find(std::string_view name) const {
    if (object_.kind() != JsonKind::Object) return nullptr;
    for (const JsonValue& member : object_.children()) {
      if (member.name() == name) return &member;
    }
    return nullptr;
  }
  const JsonValue* take(std::string_view name, JsonKind kind) {
    const JsonValue* value = find(name);
    if (value == nullptr || value->kind() != kind) {
      fail(name, value == nullptr ? "is missing" : fmt::format("must be {}", describe(kind)));
      return nullptr;
    }
    ++taken_;
    return value;
  }

  const JsonValue& object_;
  std::string at_;
  std::string& problem_;
  std::size_t taken_ = 0;
};

Line read_item(Fields item) {
  Line line;
  line.sku = item.text("sku", kSkuBytesMax);
  line.name = item.text("name", kNameBytesMax);
  line.unit_price = item.integer("priceMinor", 0, kOrderTotalMinorMax);
  line.quantity = item.integer("quantity", 1, kQuantityMax);
  line.total = checked_multiply(line.unit_price, line.quantity).value_or(kOrderTotalMinorMax + 1);
  if (line.total > kOrderTotalMinorMax) item.fail("", "is larger than an order may be");
  item.end();
  return line;
}

Address read_address(Fields fields) {
  Address to;
  for (const auto& [name, member] : {std::pair{"name", &Address::name},
                                     {"line1", &Address::line1},
                                     {"line2", &Address::line2},
                                     {"city", &Address::city},
                                     {"region", &Address::region},
                                     {"postalCode", &Address::postal_code},
                                     {"country", &Address::country}}) {
    to.*member = fields.text(name, kAddressFieldBytesMax);
  }
  fields.end();
  return to;
}

OrderBody read_body(Fields& fields, std::string& problem) {
  OrderBody body;
  body.id = fields.order_id("orderId");
  body.created_at = fields.time("createdAt");
  body.customer_email = fields.text("customerEmail", kEmailBytesMax);
  Minor total = 0;
  fields.each("items", [&](const JsonValue& value, const std::string& at) {
    body.lines.push_back(read_item({value, at, problem}));
    total = std::min(total + body.lines.back().total, kOrderTotalMinorMax + 1);
  });
  if (body.lines.empty() || body.lines.size() > kOrderLinesMax) {
    fields.fail("items", fmt::format("must be 1 to {}", kOrderLinesMax));
  }
  body.currency = fields.currency("currency");
  body.total = fields.integer("totalMinor", 0, kOrderTotalMinorMax);
  if (body.total != total) fields.fail("totalMinor", "is not the sum of the items");
  body.payment_method = fields.text("paymentMethod", kPaymentMethodBytesMax);
  if (fields.has("shippingAddress")) {
    body.shipping_address = read_address(fields.object("shippingAddress"));
  }
  if (fields.has("metadata")) body.metadata = fields.texts("metadata");
  return body;
}

Event read_event(Fields fields, std::string& problem) {
  Event event;
  event.type = fields.one_of<EventType>("type", kEventTypeCount);
  event.at = fields.time("at");
  event.actor = fields.one_of<Actor>("actor", kActorCount);
  if (fields.has("attempt"))
    event.attempt = static_cast<int>(fields.integer("attempt", 0, kAttemptMax));
  if (fields.has("amountMinor")) {
    event.amount = fields.integer("amountMinor", 0, kOrderTotalMinorMax);
  }
  if (fields.has("stock")) {
    fields.each("stock", [&](const JsonValue& value, const std::string& at) {
      Fields line(value, at, problem);
      event.stock.push_back(
          {line.text("sku", kSkuBytesMax), line.integer("quantity", 1, kStockMax)});
      line.end();
    });
  }
  event.detail = fields.text_or_empty("detail");
  fields.end();
  return event;
}

OrderState read_state(Fields& fields, std::string& problem) {
  OrderState state;
  state.status = fields.one_of<Status>("status", kStatusCount);
  state.payment_status = fields.one_of<PaymentStatus>("paymentStatus", kPaymentStatusCount);
  state.fulfillment_status =
      fields.one_of<FulfillmentStatus>("fulfillmentStatus", kFulfillmentStatusCount);
  if (fields.has("dueAt")) state.due_at = fields.time("dueAt");
  if (fields.has("tries")) state.tries = static_cast<int>(fields.integer("tries", 0, kTriesMax));
  if (fields.has("attention")) {
    Fields attention = fields.object("attention");
    state.attention = Attention{attention.text("reason"), attention.time("since")};
    attention.end();
  }
  state.reason = fields.text_or_empty("reason");
  state.tracking_number = fields.text_or_empty("trackingNumber");
  state.carrier = fields.text_or_empty("carrier");
  fields.each("events", [&](const JsonValue& value, const std::string& at) {
    state.events.push_back(read_event({value, at, problem}, problem));
  });
  return state;
}

OrderLine read_order(Fields& fields, std::string& problem) {
  OrderLine line;
  line.order.body = std::make_shared<const OrderBody>(read_body(fields, problem));
  line.order.state = read_state(fields, problem);
  if (fields.has("idempotency")) {
    Fields use = fields.object("idempotency");
    line.idempotency = Idempotency{use.bytes16("key"), use.bytes16("fingerprint")};
    use.end();
  }
  if (!problem.empty()) return line;
  Timeline timeline(*line.order.body);
  for (const Fault& fault : judge(line.order, timeline)) {
    fields.fail("events", "do not add up: " + fault.detail);
  }
  return line;
}

Product read_product(Fields& fields) {
  Product product;
  product.sku = fields.text("sku", kSkuBytesMax);
  product.name = fields.text("name", kNameBytesMax);
  product.price = fields.integer("priceMinor", 0, kOrderTotalMinorMax);
  product.currency = fields.currency("currency");
  product.stock = {.available = fields.integer("available", 0, kStockMax),
                   .reserved = fields.integer("reserved", 0, kStockMax),
                   .shipped = fields.integer("shipped", 0, kStockMax),
                   .received = fields.integer("received", 0, kStockMax)};
  return product;
}

StockEntryLine read_stock_entry(Fields& fields) {
  return {.sku = fields.text("sku", kSkuBytesMax),
          .at = fields.time("at"),
          .quantity = fields.integer("quantity", -kStockMax, kStockMax),
          .reason = fields.text("reason")};
}

PaymentLine read_payment(Fields& fields, std::string& problem) {
  using sandbox::PaymentOperation;
  PaymentLine line;
  line.order = fields.order_id("orderId");
  line.account.currency = fields.currency("currency").code();
  line.account.payment_method = fields.text_or_empty("paymentMethod");
  fields.each("entries", [&](const JsonValue& value, const std::string& at) {
    Fields entry(value, at, problem);
    line.account.entries.push_back(
        {.operation = entry.one_of<PaymentOperation>("operation", sandbox::kPaymentOperationCount),
         .attempt = static_cast<int>(entry.integer("attempt", 1, kAttemptMax)),
         .amount = entry.integer("amountMinor", 0, kOrderTotalMinorMax),
         .answer = entry.text("answer")});
    if (line.account.entries.back().answer.find('\n') != std::string::npos) {
      entry.fail("answer", "must be one line");
    }
    entry.end();
  });
  return line;
}

ShipmentLine read_shipment(Fields& fields) {
  return {.order = fields.order_id("orderId"),
          .attempt = static_cast<int>(fields.integer("attempt", 1, kAttemptMax))};
}

TransferLine read_line(Fields& fields, std::string& problem) {
  const std::string type = fields.text("type");
  if (type == "header")
    return HeaderLine{fields.integer("version", kTransferVersion, kTransferVersion)};
  if (type == "product") return read_product(fields);
  if (type == "stock") return read_stock_entry(fields);
  if (type == "order") return read_order(fields, problem);
  if (type == "payment") return read_payment(fields, problem);
  if (type == "shipment") return read_shipment(fields);
  if (type == "end") return EndLine{fields.integer("lines", 1, kIntegerMax)};
  fields.fail("type", "is not one that orderflow knows");
  return EndLine{};
}

}  // namespace

std::expected<TransferLine, std::string> parse_line(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) {
    return std::unexpected(
        fmt::format("column {}: {}", document.error().column, document.error().problem));
  }
  std::string problem;
  Fields fields(document->root(), "", problem);
  TransferLine line = read_line(fields, problem);
  fields.end();
  if (!problem.empty()) return std::unexpected(std::move(problem));
  return line;
}

}  // namespace orderflow
