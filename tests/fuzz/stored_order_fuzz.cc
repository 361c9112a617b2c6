#include "adapters/stored/stored_order.h"

#include "base/check.h"
#include "fuzz/fuzz.h"

// What is stored of an order: one text, read as a body and as a state; a line end and a second
// state may follow.
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

std::string check_state(std::string_view text) {
  const auto state = decode_state(text);
  if (!state) {
    CHECK(state.error().code == ErrorCode::Corrupt);
    return {};
  }
  CHECK(!state->events.empty());
  const std::string encoded = encode_state(*state);
  const auto again = decode_state(encoded);
  CHECK(again && *again == *state);
  return encoded;
}

}  // namespace

FUZZ(stored_order) {
  const std::string_view first = fuzz::take_until(input, '\n');
  check_body(first);
  const std::string before = check_state(first);
  const std::string next = check_state(input);
  if (before.empty() || next.empty() || !continues(next, before)) return;
  const auto older = decode_state(before);
  const auto newer = decode_state(next);
  CHECK(newer->events.size() > older->events.size());
  for (std::size_t i = 0; i < older->events.size(); ++i) {
    CHECK(newer->events[i] == older->events[i]);
  }
}

}  // namespace orderflow
