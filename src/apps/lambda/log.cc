#include "apps/lambda/log.h"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/json_writer.h"
#include "base/time.h"

namespace orderflow::lambda {
namespace {

Timestamp now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

/// The level that a line without one has. Most lines have this level.
constexpr std::string_view kInfo = "INFO";

void begin_line(JsonWriter& json, std::optional<Timestamp> at, std::string_view level,
                std::string_view message, std::string_view function, std::string_view request_id) {
  json.begin_object();
  if (at) json.member("timestamp", format_rfc3339(*at));
  if (level != kInfo) json.member("level", level);
  if (!message.empty()) json.member("message", message);
  json.member("function", function);
  if (!request_id.empty()) json.member("requestId", request_id);
}

}  // namespace

void Log::begin(const Invocation& invocation) {
  request_id_ = invocation.request_id;
  tally_ = {};
  notes_.clear();
}

void Log::note(std::string_view name, std::variant<std::int64_t, std::string> value) {
  notes_.emplace_back(name, std::move(value));
}

void Log::end(const InvocationResult& result, std::chrono::nanoseconds duration) {
  const Timestamp at = now();
  std::string line;
  JsonWriter json(line);
  // Metrics hold the time themselves.
  begin_line(json, tally_ == InvocationTally() ? std::optional(at) : std::nullopt,
             result ? kInfo : "ERROR", result ? "" : "failed", function_, request_id_);
  if (!result) {
    json.member("errorType", result.error().type).member("detail", result.error().message);
  }
  if (std::exchange(first_invocation_, false)) json.member("coldStart", true);
  for (const auto& [name, value] : notes_) {
    json.key(name);
    std::visit([&json](const auto& held) { json.value(held); }, value);
  }
  append_metrics(json, tally_, duration, at);
  json.end_object();
  sink_(line);
}

void Log::warn(std::string_view message, LogFields fields) { write("WARN", message, {}, fields); }

void Log::error(std::string_view message, LogFields fields) { write("ERROR", message, {}, fields); }

void Log::error(std::string_view message, const Error& error, LogFields fields) {
  const std::string_view detail = error.detail;
  write("ERROR", message, {{"code", to_string(error.code)}, {"detail", detail}}, fields);
}

void Log::write(std::string_view level, std::string_view message, LogFields first, LogFields then) {
  std::string line;
  JsonWriter json(line);
  begin_line(json, now(), level, message, function_, request_id_);
  write_log_fields(json, first);
  write_log_fields(json, then);
  json.end_object();
  sink_(line);
}

void Log::write_to_stdout(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a log that cannot be written must not stop the function
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace orderflow::lambda
