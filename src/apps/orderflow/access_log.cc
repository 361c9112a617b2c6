#include "apps/orderflow/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/time.h"

namespace orderflow {
namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;
/// How much is kept while the reader takes nothing.
constexpr std::size_t kKeptBytesMax = 1024 * 1024;

}  // namespace

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
  append_rfc3339(block_, std::chrono::floor<Duration>(std::chrono::system_clock::now()));
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
  log_error("the access log does not take more lines; some are lost");
}

}  // namespace orderflow
