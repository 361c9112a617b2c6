#include "adapters/sqlite/orders/order_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "adapters/stored/address_fields.h"
#include "support/orders.h"

namespace orderflow::sqlite {
namespace {

using namespace std::string_literals;

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
const OrderId kId = id_at(kStart, 1);

bool chance() { return *rc::gen::arbitrary<bool>(); }

std::int64_t any_number() {
  return *rc::gen::oneOf(
      rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(kMin, kMax),
      rc::gen::elementOf(std::vector{kMin, -65L, -64L, -1L, 0L, 63L, 64L, 127L, 128L, kMax}));
}

int any_small(int min) {
  return *rc::gen::oneOf(rc::gen::inRange(min, 200),
                         rc::gen::just(std::numeric_limits<int>::max()));
}

std::string any_bytes() {
  const auto bytes = *rc::gen::arbitrary<std::vector<char>>();
  const auto more = *rc::gen::element<std::size_t>(0, 0, 0, 0, 128);  // two bytes of length
  return std::string(bytes.begin(), bytes.end()) + std::string(more, 'x');
}

Timestamp any_time() { return Timestamp(Duration(any_number())); }

OrderBody any_body() {
  OrderBody body;
  body.id = kId;
  body.created_at = any_time();
  body.customer_email = any_bytes();
  body.currency = *Currency::from_code(*rc::gen::element<std::string>("USD", "JPY", "KWD"));
  body.payment_method = any_bytes();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    Line line{.name = any_bytes(), .unit_price = any_number(), .quantity = any_number()};
    line.sku = chance() ? line.name : any_bytes();
    const auto total = checked_multiply(line.unit_price, line.quantity);
    const auto sum = total ? checked_add(body.total, *total) : std::nullopt;
    if (!sum) continue;
    line.total = *total;
    body.total = *sum;
    body.lines.push_back(line);
  }
  if (chance()) {
    Address& address = body.shipping_address.emplace();
    for (const auto& [name, field] : kAddressFields) address.*field = any_bytes();
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    body.metadata.emplace_back(any_bytes(), any_bytes());
  }
  return body;
}

Event any_event() {
  Event event;
  event.type = static_cast<EventType>(*rc::gen::inRange(0, kEventTypeCount));
  event.at = any_time();
  event.actor = static_cast<Actor>(*rc::gen::inRange(0, kActorCount));
  if (chance()) event.attempt = any_small(0);
  if (chance()) event.amount = any_number();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    event.stock.push_back({any_bytes(), *rc::gen::elementOf(std::vector{1L, 2L, 128L, kMax})});
  }
  if (chance()) event.detail = any_bytes();
  if (chance()) {
    event.count = any_small(2);
    event.first_at = any_time();
  }
  return event;
}

OrderState any_state() {
  OrderState state;
  state.status = static_cast<Status>(*rc::gen::inRange(0, kStatusCount));
  state.payment_status = static_cast<PaymentStatus>(*rc::gen::inRange(0, kPaymentStatusCount));
  state.fulfillment_status =
      static_cast<FulfillmentStatus>(*rc::gen::inRange(0, kFulfillmentStatusCount));
  if (chance()) state.due_at = any_time();
  if (chance()) state.tries = any_small(0);
  if (chance()) state.attention = Attention{any_bytes(), any_time()};
  if (chance()) state.reason = any_bytes();
  if (chance()) state.tracking_number = any_bytes();
  if (chance()) state.carrier = any_bytes();
  for (int i = *rc::gen::inRange(1, 6); i > 0; --i) state.events.push_back(any_event());
  return state;
}

template <typename T>
void expect_corrupt(const Result<T>& read) {
  RC_ASSERT(!read.has_value());
  RC_ASSERT(read.error().code == ErrorCode::Corrupt);
}

/// Damaged bytes are refused, or are those of another order.
void expect_corrupt_or_another(const std::string& bytes) {
  if (const auto body = unpack_body(kId, bytes)) RC_ASSERT(pack_body(*body) == bytes);
  if (const auto state = unpack_state(bytes)) RC_ASSERT(pack_state(*state) == bytes);
}

RC_GTEST_PROP(PackedBody, ReadsBackWhateverItHolds, ()) {
  const OrderBody body = any_body();
  RC_ASSERT((unpack_body(kId, pack_body(body)) == body));
}

RC_GTEST_PROP(PackedState, ReadsBackWhateverItHolds, ()) {
  const OrderState state = any_state();
  RC_ASSERT((unpack_state(pack_state(state)) == state));
}

RC_GTEST_PROP(Packed, IsRefusedWhereItsEndIsMissingOrMoreFollows, ()) {
  const std::string body = pack_body(any_body());
  const std::string state = pack_state(any_state());
  for (std::size_t i = 0; i < body.size(); ++i) expect_corrupt(unpack_body(kId, body.substr(0, i)));
  for (std::size_t i = 0; i < state.size(); ++i) expect_corrupt(unpack_state(state.substr(0, i)));
  expect_corrupt(unpack_body(kId, body + '\0'));
  expect_corrupt(unpack_state(state + '\0'));
}

RC_GTEST_PROP(Packed, IsOneOrderOrNoneWhateverBytesAreDamaged, ()) {
  for (std::string bytes : {pack_body(any_body()), pack_state(any_state())}) {
    for (int i = 0; i < 20; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      const char was = bytes[at];
      bytes[at] = *rc::gen::arbitrary<char>();
      expect_corrupt_or_another(bytes);
      if (chance()) bytes[at] = was;
    }
  }
}

TEST(PackedBody, IsAsTheHeaderShows) {
  OrderBody body;
  body.created_at = Timestamp(Duration(-2));
  body.customer_email = "a@b.c";
  body.payment_method = "card";
  body.lines = {{"Widget", "Widget", 2999, 2, 5998}, {"s", "Hat", 5, 1, 5}};
  body.total = 6003;
  body.shipping_address = Address{.city = "Bonn", .country = "DE"};
  body.metadata = {{"k", "v"}};
  EXPECT_EQ(pack_body(body),
            "\x02\x03\x05"
            "a@b.cUSD\x04"
            "card\x02\x06Widget\xee\x2e\x04\0\x03Hat\x0a\x02\x02s\xc8\x04"
            "Bonn\x02"
            "DE\x01\x01k\x01v"s);
}

TEST(PackedState, IsAsTheHeaderShows) {
  OrderState state;
  state.status = Status::Reserved;
  state.payment_status = PaymentStatus::Authorized;
  state.fulfillment_status = FulfillmentStatus::Reserved;
  state.due_at = Timestamp(Duration(64));
  state.tries = 3;
  state.attention = Attention{"why", Timestamp(Duration(1))};
  state.carrier = "C";
  state.events = {{.type = EventType::OrderReceived, .at = Timestamp(Duration(100))},
                  {.type = EventType::PaymentAuthorized,
                   .at = Timestamp(Duration(101)),
                   .actor = Actor::PaymentProcessor,
                   .attempt = 1,
                   .amount = 5998},
                  {.type = EventType::StockReserved,
                   .at = Timestamp(Duration(102)),
                   .actor = Actor::InventoryProcessor,
                   .stock = {{"Widget", 2}},
                   .detail = "!"}};
  EXPECT_EQ(pack_state(state),
            "\x02\x27\x02\x01\x01\x80\x01\x03\x03why\x02\x01"
            "C\x03\0\0\xc8\x01\x01\x31\x02\x01\xdc\x5d\x03\xc2\x04\x01\x06Widget\x02\x01!"s);
}

/// As the size or count of something, 2^63 - 1: refused, and no memory is taken for it.
const std::string kHuge = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";

struct Refused {
  std::string bytes;
  std::string what;
};

template <typename T>
void expect_refused(const Result<T>& read, const Refused& refused) {
  ASSERT_FALSE(read) << testing::PrintToString(refused.bytes);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(read.error().detail, "a stored order is malformed: " + refused.what)
      << testing::PrintToString(refused.bytes);
}

// A state is its format, flags, three statuses and one event of type, actor and time.
TEST(PackedState, IsRefusedWhereItIsNotWhatIsWritten) {
  ASSERT_TRUE(unpack_state("\2\0\0\0\0\1\0\0\0"s));
  for (const Refused& refused : std::vector<Refused>{
           {""s, "format"},
           {"\0\0\0\0\0\1\0\0\0"s, "format"},
           {"\1\0\0\0\0\1\0\0\0"s, "format"},
           {"\3\0\0\0\0\1\0\0\0"s, "format"},
           {"\2\x40\0\0\0\1\0\0\0"s, "state"},
           {"\2\0\x08\0\0\1\0\0\0"s, "status"},
           {"\2\0\0\x07\0\1\0\0\0"s, "payment status"},
           {"\2\0\0\0\x03\1\0\0\0"s, "fulfillment status"},
           {"\2\x02\0\0\0\0\1\0\0\0"s, "tries"},
           {"\2\x02\0\0\0\x80\x80\x80\x80\x08\1\0\0\0"s, "tries"},  // 2^31
           {"\2\x08\0\0\0\0\1\0\0\0"s, "reason"},
           {"\2\x10\0\0\0\0\1\0\0\0"s, "tracking"},
           {"\2\x20\0\0\0\0\1\0\0\0"s, "carrier"},
           {"\2\0\0\0\0\0"s, "events"},
           {"\2\0\0\0\0\2\0\0\0"s, "events"},
           {"\2\0\0\0\0\1\x0e\0\0"s, "event type"},
           {"\2\0\0\0\0\1\0\x06\0"s, "actor"},
           {"\2\0\0\0\0\1\0\0\x80\0"s, "event time"},  // longer than it need be
           {"\2\0\0\0\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"s, "event time"},  // 65 bits
           {"\2\0\0\0\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\1"s, "event time"},
           {"\2\0\0\0\0\1\0\x10\0\0"s, "attempt"},
           {"\2\0\0\0\0\1\0\x10\0\x80\x80\x80\x80\x08"s, "attempt"},
           {"\2\0\0\0\0\1\0\x20\0\0"s, "amount"},
           {"\2\0\0\0\0\1\0\x40\0\0"s, "stock"},
           {"\2\0\0\0\0\1\0\x40\0\1\1a\0"s, "stock"},
           {"\2\0\0\0\0\1\0\x40\0\1\1a\x80\x80\x80\x80\x80\x80\x80\x80\x80\1"s, "stock"},  // 2^63
           {"\2\0\0\0\0\1\0\x80\0\0"s, "detail"},
           {"\2\0\0\0\0\1\x8b\0\0\1\0"s, "count"},
           {"\2\0\0\0\0\1\x8b\0\0\2"s, "first time"},
           {"\2\0\0\0\0\1\0\0\0\0"s, "more than an order"},
           {"\2\0\0\0\0"s + kHuge, "events"},
           {"\2\x08\0\0\0"s + kHuge, "reason"},
           {"\2\0\0\0\0\1\0\x40\0"s + kHuge, "stock"}}) {
    expect_refused(unpack_state(refused.bytes), refused);
  }
}

// A body is its format, time, e-mail, currency, payment method, lines, address and metadata.
TEST(PackedBody, IsRefusedWhereItIsNotWhatIsWritten) {
  ASSERT_TRUE(unpack_body(kId, "\2\0\0USD\0\1\1a\0\0\0\0\0"s));
  const std::string most = "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1";  // 2^63 - 1
  for (const Refused& refused :
       std::vector<Refused>{{"\3\0\0USD\0\1\1a\0\0\0\0\0"s, "format"},
                            {"\2\0\0XXX\0\1\1a\0\0\0\0\0"s, "currency"},
                            {"\2\0\0USD\0\1\1a\0\0\2a\0\0"s, "line SKU"},
                            {"\2\0\0USD\0\1\1a"s + most + "\4\0\0\0"s, "line total"},
                            {"\2\0\0USD\0\2\1a"s + most + "\2\0\1a\2\2\0\0\0"s, "total"},
                            {"\2\0\0USD\0\1\1a\0\0\0\1\1x\0"s, "address"},
                            {"\2\0\0USD\0\1\1a\0\0\0\x81\0\0"s, "address"},
                            {"\2\0\0USD\0\1\1a\0\0\0\0\1\0"s, "metadata"},
                            {"\2\0\0USD\0\1\1a\0\0\0\0\0\0"s, "more than an order"},
                            {"\2\0"s + kHuge, "e-mail"},
                            {"\2\0\0USD"s + kHuge, "payment method"},
                            {"\2\0\0USD\0"s + kHuge, "lines"},
                            {"\2\0\0USD\0\1"s + kHuge + "\0\0\0"s, "line name"},
                            {"\2\0\0USD\0\1\1a\0\0"s + kHuge, "line SKU"},
                            {"\2\0\0USD\0\0\0"s + kHuge, "metadata"}}) {
    expect_refused(unpack_body(kId, refused.bytes), refused);
  }
}

RC_GTEST_PROP(PackedState, ContinuesTheOneWhoseEventsItBeginsWithWhateverTheHeadsSay, ()) {
  OrderState before = any_state();
  OrderState next = any_state();
  const auto own = next.events;
  next.events = before.events;
  RC_ASSERT(!continues(pack_state(next), pack_state(before)));
  next.events.insert(next.events.end(), own.begin(), own.end());
  RC_ASSERT(continues(pack_state(next), pack_state(before)));
  RC_ASSERT(!continues(pack_state(before), pack_state(next)));
  before.events.back().attempt = before.events.back().attempt == 1 ? 2 : 1;
  RC_ASSERT(!continues(pack_state(next), pack_state(before)));
  for (const char* damaged : {"", "{}", "\2", "x"}) {
    RC_ASSERT(!continues(pack_state(next), damaged));
  }
}

RC_GTEST_PROP(PackedState, ContinuesTheOneWhoseLastDeferralCountsOn, ()) {
  OrderState before = any_state();
  before.events.push_back({.type = EventType::WorkDeferred, .at = any_time(), .detail = "timeout"});
  OrderState next = before;
  Event& last = next.events.back();
  last.first_at = last.at;
  last.count = 2;
  last.at = any_time();
  last.detail = any_bytes();
  RC_ASSERT(continues(pack_state(next), pack_state(before)));
  RC_ASSERT(!continues(pack_state(before), pack_state(next)));
  next.events.push_back(any_event());
  RC_ASSERT(continues(pack_state(next), pack_state(before)));
  next.events[before.events.size() - 1].attempt = 1;
  RC_ASSERT(!continues(pack_state(next), pack_state(before)));
}

}  // namespace
}  // namespace orderflow::sqlite
