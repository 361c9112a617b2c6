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
#include "apps/lambda/metrics.h"
#include "base/log.h"

namespace orderflow::lambda {

/// The log of a Lambda function: one JSON object a line on stdout, which Lambda sends to CloudWatch
/// Logs. One line for each invocation, with its metrics in it, and one for each error or warning.
/// Logs cost money, so nothing else is written.
///
///   {"function":"payment-processor",
///    "requestId":"8476a536-...","records":10,"Duration":12.345,"_aws":{...}}
///
/// Lambda takes a line without a level for INFO. Lines name orders by id and never hold personal
/// data.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  explicit Log(std::string function, Sink sink = write_to_stdout)
      : function_(std::move(function)), sink_(std::move(sink)) {}

  /// Lines have the request id of this invocation from now on; the tally starts at zero.
  void begin(const Invocation& invocation);
  /// Adds a member to the line that end() writes. `name` is a literal.
  void note(std::string_view name, std::variant<std::int64_t, std::string> value);
  /// Writes the line of the invocation.
  void end(const InvocationResult& result, std::chrono::nanoseconds duration);

  void warn(std::string_view message, LogFields fields = {});
  void error(std::string_view message, LogFields fields = {});
  /// Adds the members `code` and `detail` of the error.
  void error(std::string_view message, const Error& error, LogFields fields = {});

  [[nodiscard]] InvocationTally& tally() { return tally_; }

 private:
  static void write_to_stdout(std::string_view line);
  void write(std::string_view level, std::string_view message, LogFields first, LogFields then);

  std::string function_;
  Sink sink_;
  std::string request_id_;
  bool first_invocation_ = true;
  InvocationTally tally_;
  std::vector<std::pair<std::string_view, std::variant<std::int64_t, std::string>>> notes_;
};

}  // namespace orderflow::lambda
