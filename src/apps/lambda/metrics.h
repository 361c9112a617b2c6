#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/json_writer.h"
#include "base/time.h"
#include "order/model/event.h"

namespace orderflow::lambda {

/// The counts of one invocation.
struct InvocationTally {
  std::int64_t orders_accepted = 0;
  std::int64_t orders_shipped = 0;
  std::int64_t orders_declined = 0;
  std::int64_t orders_out_of_stock = 0;
  std::int64_t orders_cancelled = 0;
  std::int64_t orders_parked = 0;
  std::int64_t orders_unreadable = 0;  ///< left out; a person must look at them
  std::int64_t records_failed = 0;     ///< of a queue; Lambda delivers them again

  /// Counts an order that was stored with this last event.
  void count(EventType event);

  friend bool operator==(const InvocationTally&, const InvocationTally&) = default;
};

inline constexpr std::string_view kMetricNamespace = "orderflow";

/// Appends the members that make CloudWatch read metrics out of a log line (the embedded metric
/// format, https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
/// CloudWatch_Embedded_Metric_Format_Specification.html): no call, and no agent. In the namespace
/// `orderflow`, by the dimension `function`, where they are not zero: OrdersAccepted,
/// OrdersShipped, OrdersDeclined, OrdersOutOfStock, OrdersCancelled, OrdersParked,
/// OrdersUnreadable, RecordsFailed. Where all are zero, only Duration is written. It is in
/// milliseconds, for people who read the line: as a metric Lambda has its own. `json` is in an
/// object that has the member `function`.
void append_metrics(JsonWriter& json, const InvocationTally& tally,
                    std::chrono::nanoseconds duration, Timestamp now);

}  // namespace orderflow::lambda
