#include "order/model/status.h"

#include <algorithm>
#include <iterator>

#include "base/names.h"

namespace orderflow {
namespace {

constexpr std::string_view kStatuses[] = {"PENDING",      "AUTHORIZED", "RESERVED",
                                          "FULFILLING",   "SHIPPED",    "PAYMENT_DECLINED",
                                          "OUT_OF_STOCK", "CANCELLED"};
static_assert(std::size(kStatuses) == kStatusCount);

constexpr std::string_view kPaymentStatuses[] = {
    "none", "authorized", "captured", "voided", "partially_refunded", "refunded", "declined"};
static_assert(std::size(kPaymentStatuses) == kPaymentStatusCount);

constexpr std::string_view kFulfillmentStatuses[] = {"unfulfilled", "reserved", "shipped"};
static_assert(std::size(kFulfillmentStatuses) == kFulfillmentStatusCount);

}  // namespace

std::string_view to_string(Status status) { return name_of(status, kStatuses); }
std::string_view to_string(PaymentStatus status) { return name_of(status, kPaymentStatuses); }
std::string_view to_string(FulfillmentStatus status) {
  return name_of(status, kFulfillmentStatuses);
}

std::optional<Status> status_from_string(std::string_view name) {
  const auto at = std::ranges::find(kStatuses, name);
  if (at == std::end(kStatuses)) return std::nullopt;
  return static_cast<Status>(at - std::begin(kStatuses));
}

}  // namespace orderflow
