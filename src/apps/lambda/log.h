#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "apps/lambda/invocation.h"
#include "base/log.h"
#include "order/model/event.h"

namespace orderflow::lambda {

inline constexpr std::string_view kOrdersUnreadable = "OrdersUnreadable";
inline constexpr std::string_view kNudgesLost = "NudgesLost";

/// The log of a Lambda function: one JSON object a line on stdout, which Lambda sends to CloudWatch
/// Logs. One line for each invocation, with its metrics in it, and one for each error or warning.
/// Logs cost money, so nothing else is written.
///
///   {"function":"payment-processor","requestId":"8476a536-...","records":10,"Duration":12.345,
///    "_aws":{...}}
///
/// Lambda takes a line without a level for INFO. Lines name orders by id and never hold personal
/// data.
///
/// The metrics are counts, which CloudWatch reads out of the line (the embedded metric format,
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
/// CloudWatch_Embedded_Metric_Format_Specification.html): no call, and no agent. They are in the
/// namespace `orderflow`, by the dimensions `deployment` and `function`: OrdersAccepted, OrdersShipped,
/// OrdersDeclined, OrdersOutOfStock, OrdersCancelled, OrdersParked, OrdersUnreadable (left out; a
/// person must look at them), NudgesLost (SQS did not take them; order-recovery nudges those orders
/// within a minute or two), RecordsFailed (of a queue; Lambda delivers them again) and
/// WrongAdminTokens. Duration is in milliseconds, for people who read the line: as a metric Lambda has
/// its own.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  Log(std::string deployment, std::string function, Sink sink = write_to_stdout)
      : deployment_(std::move(deployment)),
        function_(std::move(function)),
        sink_(std::move(sink)) {}

  /// Lines have the request id of this invocation from now on; the counts start at zero.
  void begin(const Invocation& invocation);
  /// Adds a member to the line that end() writes. `name` is a literal.
  void note(std::string_view name, std::variant<std::int64_t, std::string> value);
  /// Adds to a metric. `metric` is a literal.
  void count(std::string_view metric, std::int64_t quantity = 1);
  /// Counts an order that was stored with this last event.
  void count(EventType event);
  [[nodiscard]] bool has_counted(std::string_view metric) const;
  /// Writes the line of the invocation.
  void end(const InvocationResult& result, std::chrono::nanoseconds duration);

  void warn(std::string_view message, LogFields fields = {});
  void error(std::string_view message, LogFields fields = {});
  /// Adds the members `code` and `detail` of the error.
  void error(std::string_view message, const Error& error, LogFields fields = {});

 private:
  static void write_to_stdout(std::string_view line);
  void write(std::string_view level, std::string_view message, LogFields first, LogFields then);

  std::string deployment_;
  std::string function_;
  Sink sink_;
  std::string request_id_;
  bool first_invocation_ = true;
  std::vector<std::pair<std::string_view, std::int64_t>> counts_;  ///< none is zero
  std::vector<std::pair<std::string_view, std::variant<std::int64_t, std::string>>> notes_;
};

}  // namespace orderflow::lambda
