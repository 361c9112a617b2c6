#include "apps/lambda/metrics.h"

#include <array>
#include <string>
#include <utility>

namespace orderflow::lambda {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t InvocationTally::*>, 8> kCounts{{
    {"OrdersAccepted", &InvocationTally::orders_accepted},
    {"OrdersShipped", &InvocationTally::orders_shipped},
    {"OrdersDeclined", &InvocationTally::orders_declined},
    {"OrdersOutOfStock", &InvocationTally::orders_out_of_stock},
    {"OrdersCancelled", &InvocationTally::orders_cancelled},
    {"OrdersParked", &InvocationTally::orders_parked},
    {"OrdersUnreadable", &InvocationTally::orders_unreadable},
    {"RecordsFailed", &InvocationTally::records_failed},
}};

/// "12.345"
std::string format_milliseconds(std::chrono::nanoseconds duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  std::string text = std::to_string(us / 1000) + '.';
  const std::string fraction = std::to_string(us % 1000);
  return text.append(3 - fraction.size(), '0').append(fraction);
}

}  // namespace

void InvocationTally::count(EventType event) {
  switch (event) {
    case EventType::OrderReceived:
      ++orders_accepted;
      break;
    case EventType::OrderShipped:
      ++orders_shipped;
      break;
    case EventType::PaymentDeclined:
    case EventType::CaptureDeclined:
      ++orders_declined;
      break;
    case EventType::OutOfStock:
      ++orders_out_of_stock;
      break;
    case EventType::OrderCancelled:
      ++orders_cancelled;
      break;
    case EventType::WorkParked:
      ++orders_parked;
      break;
    default:
      break;  // a step on the way
  }
}

void append_metrics(JsonWriter& json, const InvocationTally& tally,
                    std::chrono::nanoseconds duration, Timestamp now) {
  json.key("Duration").raw(format_milliseconds(duration));
  if (tally == InvocationTally()) return;
  json.key("_aws").begin_object().member("Timestamp", now.time_since_epoch().count());
  json.key("CloudWatchMetrics").begin_array().begin_object();
  json.member("Namespace", kMetricNamespace);
  json.key("Dimensions").raw(R"([["function"]])");
  json.key("Metrics").begin_array();
  for (const auto& [name, count] : kCounts) {
    if (tally.*count == 0) continue;
    json.begin_object().member("Name", name).end_object();
  }
  json.end_array().end_object().end_array().end_object();
  for (const auto& [name, count] : kCounts) {
    if (tally.*count != 0) json.member(name, tally.*count);
  }
}

}  // namespace orderflow::lambda
