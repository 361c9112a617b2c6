#include "adapters/sqlite/orders/order_codec.h"

#include "base/check.h"
#include "fuzz/fuzz.h"

// What a row of SQLite holds of an order: a byte with the length of a first text, that text, and a
// second one. Each is read as a body and as a state, and the second may continue the first.
namespace orderflow::sqlite {
namespace {

void check_body(std::string_view text) {
  const auto body = unpack_body(OrderId(), text);
  if (!body) {
    CHECK(body.error().code == ErrorCode::Corrupt);
    return;
  }
  CHECK(pack_body(*body) == text);
}

Result<OrderState> check_state(std::string_view text) {
  auto state = unpack_state(text);
  if (!state) {
    CHECK(state.error().code == ErrorCode::Corrupt);
    return state;
  }
  CHECK(!state->events.empty());
  CHECK(pack_state(*state) == text);
  return state;
}

}  // namespace

FUZZ(order_codec) {
  if (input.empty()) return;
  const auto size = static_cast<unsigned char>(input.front());
  const std::string_view first = input.substr(1, size);
  const std::string_view second = input.substr(1 + first.size());
  check_body(first);
  check_body(second);
  const auto before = check_state(first);
  const auto next = check_state(second);
  const bool continued = continues(second, first);
  if (before && next) CHECK(continued == orderflow::continues(*next, *before));
}

}  // namespace orderflow::sqlite
