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

Result<int> open_to_append(const std::string& file, int flags = 0) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd >= 0) return fd;
  return failure(ErrorCode::Unavailable,
                 "cannot write the access log " + file + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(std::string target) {
  int fd = -1;
  if (target == "-") {
    fd = ::dup(STDOUT_FILENO);
  } else if (!target.empty()) {
    const auto opened = open_to_append(target);
    if (!opened) return std::unexpected(opened.error());
    fd = *opened;
  }
  return std::unique_ptr<AccessLog>(new AccessLog(fd, std::move(target)));
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

Result<void> AccessLog::reopen() {
  flush();
  const auto opened = open_to_append(target_, O_NONBLOCK);  // a pipe may have no reader now
  if (!opened) return std::unexpected(opened.error());
  ::close(fd_);
  fd_ = *opened;
  if (within_line_) block_.erase(0, block_.find('\n') + 1);  // the rest of a line of the old file
  within_line_ = false;
  failed_with_ = 0;
  return {};
}

void AccessLog::flush() {
  if (fd_ < 0 || block_.empty()) return;
  errno = 0;
  const std::size_t written = write_without_waiting(fd_, block_);
  const int error = errno;
  if (written > 0) within_line_ = block_[written - 1] != '\n';
  block_.erase(0, written);
  // A reader that is slow, or gone for now, is no error yet.
  const bool no_error_yet = error == 0 || error == EAGAIN || error == EINTR;
  if (block_.empty()) {
    report(0);
  } else if (!no_error_yet) {
    report(error);
  }
  if (block_.size() < kKeptBytesMax) return;
  // What the file has of a line it gets the rest of.
  block_.resize(within_line_ ? block_.find('\n') + 1 : 0);
  log_error("the access log does not take more lines; some are lost");
}

void AccessLog::report(int error) {
  if (error == failed_with_) return;
  failed_with_ = error;
  if (error == 0) return log_info("the access log is written again");
  log_error("the access log cannot be written", {{"detail", std::strerror(error)}});
}

}  // namespace orderflow
