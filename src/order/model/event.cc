#include "order/model/event.h"

#include <iterator>

#include "base/names.h"

namespace orderflow {
namespace {

constexpr std::string_view kEventTypes[] = {
    "OrderReceived",      "PaymentAuthorized", "PaymentDeclined", "StockReserved", "OutOfStock",
    "FulfillmentClaimed", "PaymentCaptured",   "CaptureDeclined", "OrderShipped",  "OrderCancelled",
    "PaymentVoided",      "WorkDeferred",      "WorkParked",      "WorkRetried"};
static_assert(std::size(kEventTypes) == kEventTypeCount);

constexpr std::string_view kActors[] = {"order-submission", "payment-processor",
                                        "inventory-processor", "fulfillment-processor",
                                        "order-admin"};
static_assert(std::size(kActors) == kActorCount);

}  // namespace

std::string_view to_string(EventType type) { return name_of(type, kEventTypes); }
std::string_view to_string(Actor actor) { return name_of(actor, kActors); }

}  // namespace orderflow
