#include "adapters/sqlite/orders/order_codec.h"

#include <cstdint>
#include <limits>

#include "adapters/stored/address_fields.h"

namespace orderflow::sqlite {
namespace {

constexpr std::uint8_t kFormat = 2;

// What follows in a state.
constexpr int kDue = 1;
constexpr int kTries = 2;
constexpr int kParked = 4;
constexpr int kReason = 8;
constexpr int kTracking = 16;
constexpr int kCarrier = 32;
constexpr int kStateFlagsEnd = 64;

// What follows in an event, above its actor.
constexpr int kAttempt = 16;
constexpr int kAmount = 32;
constexpr int kStock = 64;
constexpr int kDetail = 128;
constexpr int kActorMask = 15;
constexpr int kCounts = 128;  // above its type
static_assert(kEventTypeCount <= kCounts);
static_assert(kActorCount <= kActorMask + 1);

constexpr int kHasAddress = 128;

// The fewest bytes that one of these takes. A count is wrong if so many do not fit into the bytes
// that are left.
constexpr std::size_t kLineBytesMin = 4;
constexpr std::size_t kEntryBytesMin = 2;
constexpr std::size_t kEventBytesMin = 3;
constexpr std::size_t kStockBytesMin = 2;

Timestamp time_of(std::int64_t since_1970) { return Timestamp(Duration(since_1970)); }

/// Modulo 2^64, so that any two times have a difference.
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

class PackWriter {
 public:
  explicit PackWriter(std::size_t expected) { bytes_.reserve(expected); }
  void byte(int value) { bytes_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 128; value >>= 7) byte(static_cast<int>(value & 127) | 128);
    byte(static_cast<int>(value));
  }
  void zigzag(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  void text(std::string_view text) {
    number(text.size());
    raw(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Remembers the first thing that is wrong and skips to the end. Reading on gives zeros and empty
/// texts, so callers check wrong() once, at the end.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  [[nodiscard]] std::string_view left() const { return {at_, end_}; }
  [[nodiscard]] const char* wrong() const { return wrong_; }
  void fail(const char* what) {
    if (wrong_ == nullptr) wrong_ = what;
    at_ = end_;
  }
  void expect(bool as_it_should_be, const char* what) {
    if (!as_it_should_be) [[unlikely]]
      fail(what);
  }

  std::uint8_t byte(const char* what) {
    if (at_ == end_) [[unlikely]] {
      fail(what);
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t number(const char* what) {
    std::uint64_t value = byte(what);
    return value < 128 ? value : long_number(value & 127, what);
  }
  std::int64_t zigzag(const char* what) {
    const std::uint64_t value = number(what);
    return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
  }
  /// A number from `min` on that fits into an int.
  int small(std::uint64_t min, const char* what) {
    const std::uint64_t value = number(what);
    if (value >= min && value <= std::numeric_limits<int>::max()) return static_cast<int>(value);
    fail(what);
    return 0;
  }
  template <typename Enum>
  Enum enumerator(int value, int count, const char* what) {
    if (value < count) return static_cast<Enum>(value);
    fail(what);
    return {};
  }
  std::string_view raw(std::size_t size, const char* what) {
    if (size > left().size()) [[unlikely]] {
      fail(what);
      return {};
    }
    at_ += size;
    return {at_ - size, size};
  }
  std::string_view text(const char* what) { return raw(number(what), what); }
  std::string_view text_that_is_set(const char* what) {
    const std::string_view read = text(what);
    expect(!read.empty(), what);
    return read;
  }
  std::size_t count(std::size_t bytes_min, const char* what) {
    const std::uint64_t count = number(what);
    if (count <= left().size() / bytes_min) return count;
    fail(what);
    return 0;
  }

 private:
  std::uint64_t long_number(std::uint64_t value, const char* what) {
    for (int shift = 7; shift < 64; shift += 7) {
      const std::uint64_t next = byte(what);
      value |= (next & 127) << shift;
      if (next >= 128) continue;
      const bool fits = shift < 63 || next == 1;
      if (fits && next != 0) return value;  // a last byte of 0 would not be the shortest form
      break;
    }
    fail(what);
    return 0;
  }

  const char* at_;
  const char* end_;
  const char* wrong_ = nullptr;
};

void write_line(PackWriter& out, const Line& line) {
  out.text(line.name);
  out.zigzag(line.unit_price);
  out.zigzag(line.quantity);
  if (line.sku == line.name) return out.number(0);
  out.number(line.sku.size() + 1);
  out.raw(line.sku);
}

void read_line(PackReader& in, Line& line) {
  line.name = in.text("line name");
  line.unit_price = in.zigzag("line price");
  line.quantity = in.zigzag("line quantity");
  const std::uint64_t sku = in.number("line SKU");
  line.sku = sku == 0 ? line.name : in.raw(sku - 1, "line SKU");
  in.expect(sku == 0 || line.sku != line.name, "line SKU");
  const auto total = checked_multiply(line.unit_price, line.quantity);
  in.expect(total.has_value(), "line total");
  line.total = total.value_or(0);
}

void write_address(PackWriter& out, const std::optional<Address>& address) {
  if (!address) return out.byte(0);
  int fields = kHasAddress;
  for (std::size_t i = 0; i < kAddressFields.size(); ++i) {
    if (!((*address).*kAddressFields[i].second).empty()) fields |= 1 << i;
  }
  out.byte(fields);
  for (const auto& [name, field] : kAddressFields) {
    if (!((*address).*field).empty()) out.text((*address).*field);
  }
}

void read_address(PackReader& in, std::optional<Address>& address) {
  const std::uint8_t fields = in.byte("address");
  if (fields == 0) return;
  in.expect((fields & kHasAddress) != 0, "address");
  address.emplace();
  for (std::size_t i = 0; i < kAddressFields.size(); ++i) {
    if ((fields >> i & 1) == 0) continue;
    (*address).*kAddressFields[i].second = in.text_that_is_set("address");
  }
}

void read_body(PackReader& in, OrderBody& body) {
  body.created_at = time_of(in.zigzag("time"));
  body.customer_email = in.text("e-mail");
  const auto currency = Currency::from_code(in.raw(body.currency.code().size(), "currency"));
  in.expect(currency.has_value(), "currency");
  body.currency = currency.value_or(Currency::usd());
  body.payment_method = in.text("payment method");
  body.lines.resize(in.count(kLineBytesMin, "lines"));
  for (Line& line : body.lines) {
    read_line(in, line);
    const auto total = checked_add(body.total, line.total);
    in.expect(total.has_value(), "total");
    body.total = total.value_or(0);
  }
  read_address(in, body.shipping_address);
  body.metadata.resize(in.count(kEntryBytesMin, "metadata"));
  for (auto& [key, value] : body.metadata) {
    key = in.text("metadata");
    value = in.text("metadata");
  }
}

void write_event(PackWriter& out, const Event& event, std::int64_t epoch) {
  out.byte(static_cast<int>(event.type) | (event.first_at ? kCounts : 0));
  out.byte(static_cast<int>(event.actor) | (event.attempt != 0 ? kAttempt : 0) |
           (event.amount != 0 ? kAmount : 0) | (!event.stock.empty() ? kStock : 0) |
           (!event.detail.empty() ? kDetail : 0));
  out.zigzag(minus(epoch_ms(event.at), epoch));
  if (event.attempt != 0) out.number(static_cast<std::uint64_t>(event.attempt));
  if (event.amount != 0) out.zigzag(event.amount);
  if (!event.stock.empty()) {
    out.number(event.stock.size());
    for (const StockLine& line : event.stock) {
      out.text(line.sku);
      out.number(static_cast<std::uint64_t>(line.quantity));
    }
  }
  if (!event.detail.empty()) out.text(event.detail);
  if (event.first_at) {
    out.number(static_cast<std::uint64_t>(event.count));
    out.zigzag(minus(epoch_ms(*event.first_at), epoch));
  }
}

void read_stock(PackReader& in, std::vector<StockLine>& stock) {
  stock.resize(in.count(kStockBytesMin, "stock"));
  in.expect(!stock.empty(), "stock");
  for (StockLine& line : stock) {
    line.sku = in.text("stock");
    line.quantity = static_cast<std::int64_t>(in.number("stock"));
    in.expect(line.quantity > 0, "stock");
  }
}

Event read_event(PackReader& in, std::int64_t epoch) {
  Event event;
  const std::uint8_t type = in.byte("event type");
  event.type = in.enumerator<EventType>(type & ~kCounts, kEventTypeCount, "event type");
  const std::uint8_t flags = in.byte("event");
  event.actor = in.enumerator<Actor>(flags & kActorMask, kActorCount, "actor");
  event.at = time_of(plus(epoch, in.zigzag("event time")));
  if ((flags & kAttempt) != 0) event.attempt = in.small(1, "attempt");
  if ((flags & kAmount) != 0) {
    event.amount = in.zigzag("amount");
    in.expect(event.amount != 0, "amount");
  }
  if ((flags & kStock) != 0) read_stock(in, event.stock);
  if ((flags & kDetail) != 0) event.detail = in.text_that_is_set("detail");
  if ((type & kCounts) != 0) {
    event.count = in.small(2, "count");
    event.first_at = time_of(plus(epoch, in.zigzag("first time")));
  }
  return event;
}

/// All but the events.
void write_head(PackWriter& out, const OrderState& state) {
  out.byte((state.due_at ? kDue : 0) | (state.tries != 0 ? kTries : 0) |
           (state.attention ? kParked : 0) | (!state.reason.empty() ? kReason : 0) |
           (!state.tracking_number.empty() ? kTracking : 0) |
           (!state.carrier.empty() ? kCarrier : 0));
  out.byte(static_cast<int>(state.status));
  out.byte(static_cast<int>(state.payment_status));
  out.byte(static_cast<int>(state.fulfillment_status));
  if (state.due_at) out.zigzag(epoch_ms(*state.due_at));
  if (state.tries != 0) out.number(static_cast<std::uint64_t>(state.tries));
  if (state.attention) {
    out.text(state.attention->reason);
    out.zigzag(epoch_ms(state.attention->since));
  }
  if (!state.reason.empty()) out.text(state.reason);
  if (!state.tracking_number.empty()) out.text(state.tracking_number);
  if (!state.carrier.empty()) out.text(state.carrier);
}

void read_head(PackReader& in, OrderState& state) {
  const std::uint8_t flags = in.byte("state");
  in.expect(flags < kStateFlagsEnd, "state");
  state.status = in.enumerator<Status>(in.byte("status"), kStatusCount, "status");
  state.payment_status = in.enumerator<PaymentStatus>(in.byte("payment status"),
                                                      kPaymentStatusCount, "payment status");
  state.fulfillment_status = in.enumerator<FulfillmentStatus>(
      in.byte("fulfillment status"), kFulfillmentStatusCount, "fulfillment status");
  if ((flags & kDue) != 0) state.due_at = time_of(in.zigzag("due"));
  if ((flags & kTries) != 0) state.tries = in.small(1, "tries");
  if ((flags & kParked) != 0) {
    state.attention.emplace().reason = in.text("parked");
    state.attention->since = time_of(in.zigzag("parked"));
  }
  if ((flags & kReason) != 0) state.reason = in.text_that_is_set("reason");
  if ((flags & kTracking) != 0) state.tracking_number = in.text_that_is_set("tracking");
  if ((flags & kCarrier) != 0) state.carrier = in.text_that_is_set("carrier");
}

void read_state(PackReader& in, OrderState& state) {
  read_head(in, state);
  const std::size_t count = in.count(kEventBytesMin, "events");
  in.expect(count > 0, "events");
  state.events.reserve(count + 1);  // the next step of the order appends one
  std::int64_t epoch = 0;
  for (std::size_t i = 0; i < count; ++i) {
    state.events.push_back(read_event(in, epoch));
    epoch = epoch_ms(state.events.front().at);
  }
}

template <typename T>
Result<T> unpack(std::string_view bytes, void (*read)(PackReader&, T&)) {
  PackReader in(bytes);
  Result<T> value;
  in.expect(in.byte("format") == kFormat, "format");
  read(in, *value);
  in.expect(in.left().empty(), "more than an order");
  if (in.wrong() != nullptr) {
    value = failure(ErrorCode::Corrupt, std::string("a stored order is malformed: ") + in.wrong());
  }
  return value;
}

/// The bytes of the events of a packed state, without their count; empty where the state is
/// damaged.
std::string_view events_of(std::string_view packed) {
  PackReader in(packed);
  OrderState head;
  in.expect(in.byte("format") == kFormat, "format");
  read_head(in, head);
  (void)in.number("events");
  return in.left();
}

}  // namespace

std::string pack_body(const OrderBody& body) {
  PackWriter out(64 + 32 * body.lines.size());
  out.byte(kFormat);
  out.zigzag(epoch_ms(body.created_at));
  out.text(body.customer_email);
  out.raw(body.currency.code());
  out.text(body.payment_method);
  out.number(body.lines.size());
  for (const Line& line : body.lines) write_line(out, line);
  write_address(out, body.shipping_address);
  out.number(body.metadata.size());
  for (const auto& [key, value] : body.metadata) {
    out.text(key);
    out.text(value);
  }
  return out.take();
}

std::string pack_state(const OrderState& state) {
  PackWriter out(64 + 16 * state.events.size());
  out.byte(kFormat);
  write_head(out, state);
  out.number(state.events.size());
  std::int64_t epoch = 0;
  for (const Event& event : state.events) {
    write_event(out, event, epoch);
    epoch = epoch_ms(state.events.front().at);
  }
  return out.take();
}

Result<OrderBody> unpack_body(const OrderId& id, std::string_view bytes) {
  auto body = unpack<OrderBody>(bytes, read_body);
  if (body) body->id = id;
  return body;
}

Result<OrderState> unpack_state(std::string_view bytes) {
  return unpack<OrderState>(bytes, read_state);
}

Result<Order> unpack(const PackedOrder& packed) {
  const std::string_view bytes = packed.bytes;
  auto body = unpack_body(packed.id, bytes.substr(0, packed.body_size));
  if (!body) return std::unexpected(std::move(body.error()));
  auto state = unpack_state(bytes.substr(packed.body_size));
  if (!state) return std::unexpected(std::move(state.error()));
  return Order{std::make_shared<const OrderBody>(std::move(*body)), std::move(*state)};
}

bool continues(std::string_view next, std::string_view before) {
  const std::string_view newer = events_of(next);
  const std::string_view older = events_of(before);
  if (older.empty()) return false;
  if (newer.size() > older.size() && newer.starts_with(older)) return true;
  // Where a deferral counts on, its bytes differ.
  const auto next_state = unpack_state(next);
  const auto state_before = unpack_state(before);
  return next_state && state_before && orderflow::continues(*next_state, *state_before);
}

}  // namespace orderflow::sqlite
