#include "adapters/stored/stored_order.h"

#include "base/check.h"
#include "fuzz/fuzz.h"

// What is stored of an order as JSON, read as a body and as a state.
namespace orderflow {
namespace {

void check_body(std::string_view text) {
  const auto body = decode_body(OrderId(), text);
  if (!body) {
    CHECK(body.error().code == ErrorCode::Corrupt);
    return;
  }
  const auto again = decode_body(OrderId(), encode_body(*body));
  CHECK(again && *again == *body);
}

void check_state(std::string_view text) {
  const auto state = decode_state(text);
  if (!state) {
    CHECK(state.error().code == ErrorCode::Corrupt);
    return;
  }
  CHECK(!state->events.empty());
  const auto again = decode_state(encode_state(*state));
  CHECK(again && *again == *state);
}

}  // namespace

FUZZ(stored_order) {
  check_body(input);
  check_state(input);
}

}  // namespace orderflow
