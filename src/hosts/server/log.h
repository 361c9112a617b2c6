#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "hosts/server/http_exchange.h"

// Logs are objects of JSON, one a line, on stderr:
//   {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"stopping"}
// They name orders by id and never hold personal data. A reader that stands still holds up nothing:
// what it has no room for is lost, of the access log what goes beyond a megabyte.
namespace orderflow {

/// "debug", "info", "warn" or "error": what is below it is not written.
void set_up_log(const std::string& level);

/// One more member of a line. The text is copied before the call returns.
struct LogField {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;
};
using LogFields = std::initializer_list<LogField>;

void log_info(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});
/// With the code and the detail of the error.
void log_error(std::string_view message, const Error& error, LogFields fields = {});

/// One line a request, of what HttpExchange has, gathered into blocks: the host flushes once a
/// second.
class AccessLog {
 public:
  /// A file to append to, "-" for stdout, or empty: then nothing is written.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& target);
  ~AccessLog();

  void write(const HttpExchange& exchange);
  /// Writes what has gathered, without waiting for who reads it.
  void flush();

 private:
  explicit AccessLog(int fd) : fd_(fd) {}

  int fd_;  ///< -1: none
  std::string block_;
};

}  // namespace orderflow
