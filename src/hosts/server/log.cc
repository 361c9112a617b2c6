#include "hosts/server/log.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/json_writer.h"
#include "base/time.h"

namespace orderflow {
namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;
/// Of lines that nobody reads.
constexpr std::size_t kKeptBytesMax = 1024 * 1024;

Timestamp now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

void write_field(JsonWriter& json, const LogField& field) {
  json.key(field.name);
  std::visit([&json](const auto& value) { json.value(value); }, field.value);
}

std::string make_line(std::string_view level, std::string_view message, LogFields first,
                      LogFields fields) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("time", format_rfc3339(now())).member("level", level);
  json.member("message", message);
  for (const LogField& field : first) write_field(json, field);
  for (const LogField& field : fields) write_field(json, field);
  json.end_object();
  return line;
}

/// A log that can not be written must not hold up the service. Writes whole lines for as long as
/// there is room: a pipe that is ready takes PIPE_BUF bytes. Returns how many bytes it wrote.
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

class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    (void)write_without_waiting(STDERR_FILENO, {line.data(), line.size()});
  }
  void flush_() override {}
};

}  // namespace

void set_up_log(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("orderflow", std::make_shared<StderrSink>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void log_info(std::string_view message, LogFields fields) {
  spdlog::info(make_line("info", message, {}, fields));
}

void log_error(std::string_view message, LogFields fields) {
  spdlog::error(make_line("error", message, {}, fields));
}

void log_error(std::string_view message, const Error& error, LogFields fields) {
  const std::string_view detail = error.detail;
  spdlog::error(
      make_line("error", message, {{"code", to_string(error.code)}, {"detail", detail}}, fields));
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& target) {
  int fd = -1;
  if (target == "-") {
    fd = ::dup(STDOUT_FILENO);
  } else if (!target.empty()) {
    fd = ::open(target.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return failure(ErrorCode::Unavailable,
                     "cannot write the access log " + target + ": " + std::strerror(errno));
    }
  }
  return std::unique_ptr<AccessLog>(new AccessLog(fd));
}

AccessLog::~AccessLog() {
  flush();
  if (fd_ >= 0) ::close(fd_);
}

void AccessLog::write(const HttpExchange& exchange) {
  if (fd_ < 0) return;
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(exchange.duration).count();
  JsonWriter json(block_);
  json.begin_object().key("time");
  json.element().out() += '"';
  append_rfc3339(block_, now());
  block_ += '"';
  json.member("requestId", exchange.request_id).member("method", exchange.method);
  json.member("route", exchange.route).member("status", exchange.status);
  json.member("durationUs", microseconds).member("bytes", exchange.bytes).end_object();
  block_ += '\n';
  if (block_.size() > kBlockBytes) flush();
}

void AccessLog::flush() {
  if (fd_ < 0 || block_.empty()) return;
  block_.erase(0, write_without_waiting(fd_, block_));
  if (block_.size() < kKeptBytesMax) return;
  block_.clear();
  log_error("the access log takes no more; lines are lost");
}

}  // namespace orderflow
