#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "apps/lambda/invocation.h"
#include "apps/lambda/metrics.h"

namespace orderflow::lambda {

/// One more member of a line.
struct LogField {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;
};
using LogFields = std::initializer_list<LogField>;

/// Objects of JSON, one a line, on stdout, where Lambda takes them to CloudWatch Logs: one for
/// every invocation, with its metrics in it, and one for every problem. Logs are a part of the
/// bill, so nothing else is written.
///
///   {"function":"payment-processor",
///    "requestId":"8476a536-...","records":10,"Duration":12.345,"_aws":{...}}
///
/// A line without a level is of level INFO, as Lambda has it. Orders are named by id; there is
/// never personal data.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  explicit Log(std::string function, Sink sink = write_to_stdout)
      : function_(std::move(function)), sink_(std::move(sink)) {}

  /// From here on every line has this request id, and the tally starts at zero.
  void begin(const Invocation& invocation);
  /// One more member of the line that end() writes. `name` is a literal.
  void note(std::string_view name, std::variant<std::int64_t, std::string> value);
  /// The line of the invocation.
  void end(const InvocationResult& result, std::chrono::nanoseconds duration);

  void warn(std::string_view message, LogFields fields = {});
  void error(std::string_view message, LogFields fields = {});
  /// With the code and the detail of the error.
  void error(std::string_view message, const Error& error, LogFields fields = {});

  [[nodiscard]] Tally& tally() { return tally_; }

 private:
  static void write_to_stdout(std::string_view line);
  void write(std::string_view level, std::string_view message, LogFields first, LogFields then);

  std::string function_;
  Sink sink_;
  std::string request_id_;
  bool first_invocation_ = true;
  Tally tally_;
  std::vector<std::pair<std::string_view, std::variant<std::int64_t, std::string>>> notes_;
};

}  // namespace orderflow::lambda
