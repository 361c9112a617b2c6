#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/json_writer.h"
#include "base/result.h"

// The log: one JSON object a line, on stderr:
//   {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"stopping"}
// Lines name orders by id and never hold personal data. Writing never waits for the reader: lines
// that a full pipe has no room for are lost. Safe to call from any thread.
namespace orderflow {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };

/// Lines below this level are not written. Info until it is set.
void set_log_level(LogLevel level);

/// One more member of a line. The text is copied before the call returns.
struct LogField {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;
};
using LogFields = std::initializer_list<LogField>;

/// Appends the fields to the object that `json` is in.
void write_log_fields(JsonWriter& json, LogFields fields);

void log_info(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});
/// Adds the members `code` and `detail` of the error.
void log_error(std::string_view message, const Error& error, LogFields fields = {});

/// Where code that runs in several programs reports an error: log_error(), or what a program has in
/// its place.
using ReportError =
    std::function<void(std::string_view message, const Error& error, LogFields fields)>;

/// Writes whole lines for as long as the file takes them without waiting. Returns the number of
/// bytes written.
std::size_t write_without_waiting(int fd, std::string_view lines);

}  // namespace orderflow
