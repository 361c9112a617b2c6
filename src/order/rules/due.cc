#include "order/rules/due.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"

namespace orderflow {
namespace {

std::optional<Operation> next_operation(const OrderState& state) {
  switch (state.status) {
    case Status::Pending:
      return Operation::Authorize;
    case Status::Authorized:
      return Operation::Reserve;
    case Status::Reserved:
      return Operation::Claim;
    case Status::Fulfilling:
      return state.payment_status == PaymentStatus::Captured ? Operation::Ship : Operation::Capture;
    case Status::OutOfStock:
    case Status::Cancelled:
      // The void is due until voided() clears due_at.
      return state.due_at ? std::optional(Operation::Void) : std::nullopt;
    case Status::Shipped:
    case Status::PaymentDeclined:
      return std::nullopt;
  }
  UNREACHABLE(state.status);
}

Stage stage_of(Operation operation) {
  switch (operation) {
    case Operation::Authorize:
    case Operation::Void:
      return Stage::Payment;
    case Operation::Reserve:
      return Stage::Inventory;
    case Operation::Claim:
    case Operation::Capture:
    case Operation::Ship:
      return Stage::Fulfillment;
  }
  UNREACHABLE(operation);
}

}  // namespace

std::optional<DueStep> due(const OrderState& state) {
  if (state.attention || !state.due_at) return std::nullopt;
  const auto operation = next_operation(state);
  if (!operation) return std::nullopt;
  return DueStep{*operation, stage_of(*operation), *state.due_at};
}

Timestamp waiting_since(const OrderState& state, Timestamp now) {
  const auto progress =
      std::find_if(state.events.rbegin(), state.events.rend(),
                   [](const Event& e) { return e.type != EventType::WorkDeferred; });
  const Event& since = progress == state.events.rend() ? state.events.front() : *progress;
  if (since.at <= now) return since.at;
  return std::min(state.events.back().begun_at(), now);
}

bool late(const OrderState& state, Timestamp now) {
  return due(state) && now - waiting_since(state, now) >= kLateAfter;
}

bool terminal(const OrderState& state) { return !next_operation(state); }

int attempt_due(const OrderState& state, Operation operation) {
  const auto decline =
      operation == Operation::Authorize ? EventType::PaymentDeclined : EventType::CaptureDeclined;
  const bool can_be_declined = operation == Operation::Authorize || operation == Operation::Capture;
  if (!can_be_declined) return 1;
  return 1 + static_cast<int>(std::ranges::count(state.events, decline, &Event::type));
}

std::string idempotency_key(const OrderId& id, Operation operation, int attempt) {
  std::string key;
  key.reserve(56);
  id.append_to(key);
  key += ':';
  key += to_string(operation);
  key += ':';
  key += std::to_string(attempt);
  return key;
}

}  // namespace orderflow
