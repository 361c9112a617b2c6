#include "order/model/status.h"

#include "base/check.h"
#include "order/model/event.h"

namespace orderflow {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::Pending:
      return "PENDING";
    case Status::Authorized:
      return "AUTHORIZED";
    case Status::Reserved:
      return "RESERVED";
    case Status::Fulfilling:
      return "FULFILLING";
    case Status::Shipped:
      return "SHIPPED";
    case Status::PaymentDeclined:
      return "PAYMENT_DECLINED";
    case Status::OutOfStock:
      return "OUT_OF_STOCK";
    case Status::Cancelled:
      return "CANCELLED";
  }
  UNREACHABLE(status);
}

std::string_view to_string(PaymentStatus status) {
  switch (status) {
    case PaymentStatus::None:
      return "none";
    case PaymentStatus::Authorized:
      return "authorized";
    case PaymentStatus::Captured:
      return "captured";
    case PaymentStatus::Voided:
      return "voided";
    case PaymentStatus::PartiallyRefunded:
      return "partially_refunded";
    case PaymentStatus::Refunded:
      return "refunded";
    case PaymentStatus::Declined:
      return "declined";
  }
  UNREACHABLE(status);
}

std::string_view to_string(FulfillmentStatus status) {
  switch (status) {
    case FulfillmentStatus::Unfulfilled:
      return "unfulfilled";
    case FulfillmentStatus::Reserved:
      return "reserved";
    case FulfillmentStatus::Shipped:
      return "shipped";
  }
  UNREACHABLE(status);
}

std::optional<Status> status_from_string(std::string_view name) {
  for (int i = 0; i < kStatusCount; ++i) {
    if (to_string(static_cast<Status>(i)) == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::Payment:
      return "payment";
    case Stage::Inventory:
      return "inventory";
    case Stage::Fulfillment:
      return "fulfillment";
  }
  UNREACHABLE(stage);
}

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
    case Actor::OrderRecovery:
      return "order-recovery";
  }
  UNREACHABLE(actor);
}

}  // namespace orderflow
