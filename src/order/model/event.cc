#include "order/model/event.h"

#include "base/check.h"

namespace orderflow {

std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::OrderReceived:
      return "OrderReceived";
    case EventType::PaymentAuthorized:
      return "PaymentAuthorized";
    case EventType::PaymentDeclined:
      return "PaymentDeclined";
    case EventType::StockReserved:
      return "StockReserved";
    case EventType::OutOfStock:
      return "OutOfStock";
    case EventType::FulfillmentClaimed:
      return "FulfillmentClaimed";
    case EventType::PaymentCaptured:
      return "PaymentCaptured";
    case EventType::CaptureDeclined:
      return "CaptureDeclined";
    case EventType::OrderShipped:
      return "OrderShipped";
    case EventType::OrderCancelled:
      return "OrderCancelled";
    case EventType::PaymentVoided:
      return "PaymentVoided";
    case EventType::WorkDeferred:
      return "WorkDeferred";
    case EventType::WorkParked:
      return "WorkParked";
    case EventType::WorkRetried:
      return "WorkRetried";
  }
  UNREACHABLE(type);
}

std::string_view to_string(Actor actor) {
  switch (actor) {
    case Actor::OrderSubmission:
      return "order-submission";
    case Actor::PaymentProcessor:
      return "payment-processor";
    case Actor::InventoryProcessor:
      return "inventory-processor";
    case Actor::FulfillmentProcessor:
      return "fulfillment-processor";
    case Actor::OrderAdmin:
      return "order-admin";
  }
  UNREACHABLE(actor);
}

}  // namespace orderflow
