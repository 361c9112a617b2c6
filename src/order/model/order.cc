#include "order/model/order.h"

namespace orderflow {

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
