#include "base/log.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/json_writer.h"
#include "base/time.h"

namespace orderflow {
namespace {

std::atomic<LogLevel> lowest_level{LogLevel::Info};

void write_line(LogLevel level, std::string_view name, std::string_view message, LogFields first,
                LogFields fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("time", format_rfc3339(now)).member("level", name);
  json.member("message", message);
  write_log_fields(json, first);
  write_log_fields(json, fields);
  json.end_object();
  line += '\n';
  (void)write_without_waiting(STDERR_FILENO, line);
}

}  // namespace

void write_log_fields(JsonWriter& json, LogFields fields) {
  for (const LogField& field : fields) {
    json.key(field.name);
    std::visit([&json](const auto& value) { json.value(value); }, field.value);
  }
}

void set_log_level(LogLevel level) { lowest_level = level; }

void log_info(std::string_view message, LogFields fields) {
  write_line(LogLevel::Info, "info", message, {}, fields);
}

void log_error(std::string_view message, LogFields fields) {
  write_line(LogLevel::Error, "error", message, {}, fields);
}

void log_error(std::string_view message, const Error& error, LogFields fields) {
  const std::string_view detail = error.detail;
  write_line(LogLevel::Error, "error", message,
             {{"code", to_string(error.code)}, {"detail", detail}}, fields);
}

// A pipe that poll() calls ready takes PIPE_BUF bytes in one write.
std::size_t write_without_waiting(int fd, std::string_view lines) {
  std::string_view rest = lines;
  while (!rest.empty()) {
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) != 1) break;
    const auto last_end = rest.substr(0, PIPE_BUF).rfind('\n');
    const auto whole = rest.substr(0, last_end == rest.npos ? PIPE_BUF : last_end + 1);
    const ssize_t written = ::write(fd, whole.data(), whole.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return lines.size() - rest.size();
}

}  // namespace orderflow
