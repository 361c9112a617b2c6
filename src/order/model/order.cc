#include "order/model/order.h"

#include <algorithm>
#include <span>

namespace orderflow {

std::uint32_t OrderState::version() const {
  std::uint32_t version = 0;
  for (const Event& event : events) version += static_cast<std::uint32_t>(event.count);
  return version;
}

bool continues(const OrderState& next, const OrderState& before) {
  const std::size_t known = before.events.size();
  if (known == 0 || next.events.size() < known) return false;
  const std::span newer(next.events);
  const std::span older(before.events);
  if (!std::ranges::equal(newer.first(known - 1), older.first(known - 1))) return false;
  const Event& last = older.back();
  const Event& then = newer[known - 1];
  if (then == last) return next.events.size() > known;
  return then.type == EventType::WorkDeferred && last.type == EventType::WorkDeferred &&
         then.actor == last.actor && then.attempt == last.attempt && then.count > last.count &&
         then.begun_at() <= last.begun_at();
}

Balance balance(const OrderState& state) {
  Balance b;
  for (const Event& event : state.events) {
    switch (event.type) {
      case EventType::PaymentAuthorized:
        b.authorized += event.amount;
        break;
      case EventType::PaymentCaptured:
        b.captured += event.amount;
        break;
      case EventType::CaptureDeclined:
      case EventType::PaymentVoided:
        b.voided += event.amount;
        break;
      default:
        break;  // moves no money
    }
  }
  return b;
}

std::vector<StockLine> held_stock(const OrderState& state) {
  // An order reserves all of its stock in one event, and releases or ships all of it in one.
  std::vector<StockLine> held;
  for (const Event& event : state.events) {
    switch (event.type) {
      case EventType::StockReserved:
        held = event.stock;
        break;
      case EventType::OrderCancelled:
      case EventType::CaptureDeclined:
      case EventType::OrderShipped:
        held.clear();
        break;
      default:
        break;  // moves no stock
    }
  }
  return held;
}

}  // namespace orderflow
