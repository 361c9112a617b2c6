#include "order/model/status.h"

#include "base/check.h"

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

}  // namespace orderflow
