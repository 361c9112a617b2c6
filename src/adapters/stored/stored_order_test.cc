#include "adapters/stored/stored_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "order/model/stored_size.h"

namespace orderflow {
namespace {

const OrderId kId = *OrderId::parse("0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f");
const Timestamp kAt = *parse_rfc3339("2026-01-02T03:04:05.678Z");

OrderBody body() {
  OrderBody body;
  body.id = kId;
  body.created_at = kAt;
  body.customer_email = "test@example.com";
  body.lines = {{"Widget", "Widget", 2999, 2, 5998}, {"s-1", "Shirt, \"red\" 👕", 1000, 1, 1000}};
  body.total = 6998;
  body.payment_method = "pm_card_visa";
  return body;
}

TEST(StoredBody, IsAsTheHeaderShows) {
  EXPECT_EQ(
      encode_body(body()),
      R"({"v":1,"at":1767323045678,"email":"test@example.com","currency":"USD",)"
      R"("pay":"pm_card_visa","lines":[["Widget",2999,2],["Shirt, \"red\" 👕",1000,1,"s-1"]]})");
}

TEST(StoredBody, ReadsBack) {
  OrderBody full = body();
  full.currency = *Currency::from_code("KWD");
  full.shipping_address = Address{"A", "1", "", "Bonn", "", "53111", "DE"};
  full.metadata = {{"a", ""}, {"b\n", "\x01"}};
  EXPECT_EQ(decode_body(kId, encode_body(full)), full);
  full.shipping_address = Address{};
  EXPECT_EQ(decode_body(kId, encode_body(full)), full) << "an empty address is one";
}

TEST(StoredBody, TakesAtMostTheBytesThatItsSizeSays) {
  OrderBody full = body();
  const std::string wide(256, '\x01');  // six bytes each
  full.lines.assign(100, {wide, wide + "\b", 1'000'000'000'000, 10'000, 0});
  full.shipping_address = Address{wide, wide, wide, wide, wide, wide, wide};
  full.metadata.assign(50, {wide, wide});
  full.customer_email = full.payment_method = wide;
  std::vector<StockLine> stock(100, {wide, 1'000'000});
  for (const OrderBody& order : {body(), full}) {
    OrderState moved;
    moved.events = {{.type = EventType::OrderReceived}, {.stock = stock}, {.stock = stock}};
    OrderState still = moved;
    for (Event& event : still.events) event.stock.clear();
    std::size_t bytes = encode_body(order).size();
    if (order.lines.size() == stock.size()) {
      bytes += encode_state(moved).size() - encode_state(still).size();
    }
    EXPECT_LE(bytes, stored_bytes_max(order));
    EXPECT_GE(bytes + bytes / 4 + 256, stored_bytes_max(order)) << "not far above either";
  }
}

TEST(StoredState, IsAsTheHeaderShows) {
  OrderState state;
  state.status = Status::Reserved;
  state.due_at = kAt;
  state.events = {{.type = EventType::OrderReceived, .at = kAt},
                  {.type = EventType::PaymentAuthorized,
                   .at = kAt,
                   .actor = Actor::PaymentProcessor,
                   .attempt = 1,
                   .amount = 5998},
                  {.type = EventType::StockReserved,
                   .at = kAt + Duration(3),
                   .actor = Actor::InventoryProcessor,
                   .stock = {{"Widget", 2}}}};
  EXPECT_EQ(encode_state(state),
            R"({"s":2,"p":0,"f":0,"due":1767323045678,"e":[[0,1767323045678,0],)"
            R"([1,0,1,1,5998],[3,3,2,0,0,[["Widget",2]]]]})");
  EXPECT_EQ(decode_state(encode_state(state)), state);
}

Event any_event() {
  Event event;
  event.type = static_cast<EventType>(*rc::gen::inRange(0, kEventTypeCount));
  event.at = Timestamp(Duration(*rc::gen::inRange<std::int64_t>(-5, 4'000'000'000'000)));
  event.actor = static_cast<Actor>(*rc::gen::inRange(0, kActorCount));
  event.attempt = *rc::gen::inRange(0, 3);
  event.amount = *rc::gen::inRange<Minor>(0, INT64_MAX);
  if (*rc::gen::arbitrary<bool>()) event.stock = {{*rc::gen::string<std::string>(), 7}};
  if (*rc::gen::arbitrary<bool>()) event.detail = "why";
  if (*rc::gen::arbitrary<bool>()) {
    event.count = *rc::gen::inRange(2, INT32_MAX);
    event.first_at = Timestamp(Duration(*rc::gen::inRange<std::int64_t>(-5, 4'000'000'000'000)));
  }
  return event;
}

RC_GTEST_PROP(StoredState, ReadsBackWhateverItHolds, ()) {
  OrderState state;
  state.status = static_cast<Status>(*rc::gen::inRange(0, kStatusCount));
  state.payment_status = static_cast<PaymentStatus>(*rc::gen::inRange(0, kPaymentStatusCount));
  state.tries = *rc::gen::inRange(0, 9);
  if (*rc::gen::arbitrary<bool>()) state.attention = Attention{"timeout", kAt};
  if (*rc::gen::arbitrary<bool>()) state.due_at = kAt;
  if (*rc::gen::arbitrary<bool>()) state.tracking_number = "SIM1";
  const int events = *rc::gen::inRange(1, 12);
  for (int i = 0; i < events; ++i) {
    state.events.push_back(any_event());
    for (StockLine& line : state.events.back().stock) {
      // Keys are valid UTF-8 by the time they get here.
      for (char& c : line.sku) c = static_cast<char>(c & 0x7f);
    }
  }
  const auto read = decode_state(encode_state(state));
  RC_ASSERT(read.has_value());
  RC_ASSERT((*read == state));
}

TEST(StoredState, ReadsBackAReasonThatIsNotUtf8) {
  OrderState state;
  state.reason = "provider said \xff\xc3";
  state.events = {{.type = EventType::OrderReceived, .at = kAt}};
  EXPECT_EQ(decode_state(encode_state(state)), state);
}

TEST(Stored, RefusesWhatItDidNotWrite) {
  for (const char* text : {"",
                           "null",
                           "[]",
                           "{}",
                           R"({"s":0,"p":0,"f":0,"e":[]})",
                           R"({"s":8,"p":0,"f":0,"e":[[0,0,0]]})",
                           R"({"s":0,"p":7,"f":0,"e":[[0,0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[14,0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[["0",0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0,1,1,[["a"]]]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0]],"parked":["x"]})",
                           R"({"s":0,"p":0,"f":0,"e":[[11,0,0,1,0,[],"x",2]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[11,0,0,1,0,[],"x",1,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0]],"later":1})",
                           R"({"s":0,"p":0,"f":0,"tries":0,"e":[[0,0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0,4294967297]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0,0,0,[["a",0]]]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,9223372036854775807,0],[1,1,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,1.0,0]]})",
                           R"({"s":0,"p":0,"f":0,"e":[[0,0,0]]} x)"}) {
    const auto state = decode_state(text);
    ASSERT_FALSE(state) << text;
    EXPECT_EQ(state.error().code, ErrorCode::Corrupt);
  }
  EXPECT_FALSE(decode_body(kId, R"({"v":2})"));
  const std::string whole = R"("at":1,"email":"","currency":"USD","pay":"","lines":[])";
  EXPECT_TRUE(decode_body(kId, R"({"v":1,)" + whole + "}"));
  EXPECT_FALSE(decode_body(kId, R"({"v":2,)" + whole + "}"));
  EXPECT_FALSE(decode_body(kId, R"({"v":1,)" + whole + R"(,"later":1})"));
  EXPECT_FALSE(decode_body(kId, R"({"v":1,)" + whole + R"(,"address":{"planet":"Mars"}})"));
  EXPECT_FALSE(decode_body(kId, R"({"v":1,)" + whole + R"(,"metadata":[]})"));
  EXPECT_FALSE(
      decode_body(kId, R"({"v":1,"at":1,"email":"","currency":"XXX","pay":"","lines":[]})"));
  EXPECT_FALSE(decode_body(
      kId,
      R"({"v":1,"at":1,"email":"","currency":"USD","pay":"","lines":[["a",9000000000000000000,9]]})"));
}

}  // namespace
}  // namespace orderflow
