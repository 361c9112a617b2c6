#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/json_writer.h"
#include "base/time.h"

namespace orderflow::lambda {

/// What one invocation brought about.
struct Tally {
  std::int64_t orders_accepted = 0;
  std::int64_t orders_shipped = 0;
  std::int64_t orders_declined = 0;
  std::int64_t orders_out_of_stock = 0;
  std::int64_t orders_cancelled = 0;
  std::int64_t orders_parked = 0;
  std::int64_t orders_unreadable = 0;  ///< met and left out: somebody must look at them
  std::int64_t records_failed = 0;     ///< of a queue; the service delivers them again

  friend bool operator==(const Tally&, const Tally&) = default;
};

inline constexpr std::string_view kMetricNamespace = "orderflow";

/// Appends the members that make CloudWatch read metrics out of a log line (the embedded metric
/// format, https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
/// CloudWatch_Embedded_Metric_Format_Specification.html): no call, and no agent. In the namespace
/// `orderflow`, by the dimension `function`, where they are not zero: OrdersAccepted,
/// OrdersShipped, OrdersDeclined, OrdersOutOfStock, OrdersCancelled, OrdersParked,
/// OrdersUnreadable, RecordsFailed. Where all are, the line is shorter by all of it. Duration, in
/// milliseconds, is for people who read the line: as a metric Lambda has its own. `json` is in an
/// object that has the member `function`.
void append_metrics(JsonWriter& json, const Tally& tally, std::chrono::nanoseconds duration,
                    Timestamp now);

}  // namespace orderflow::lambda
