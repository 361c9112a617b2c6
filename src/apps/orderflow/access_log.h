#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "http/server/http_exchange.h"

namespace orderflow {

/// The access log: one JSON object a request, of what HttpExchange has. Lines gather into blocks;
/// the server flushes once a second. Used on the I/O thread only.
class AccessLog {
 public:
  /// A file to append to, "-" for stdout, or empty to write nothing.
  static Result<std::unique_ptr<AccessLog>> open(std::string target);
  ~AccessLog();

  void write(const HttpExchange& exchange);
  /// Writes what has gathered, without waiting for the reader. Logs an error once the file takes
  /// nothing more, as on a full disk. Beyond a megabyte that it does not take, lines are lost.
  void flush();

  [[nodiscard]] bool writes_to_file() const { return !target_.empty() && target_ != "-"; }
  /// Opens the file again, which may have been renamed. Where that fails the old one stays in use.
  Result<void> reopen();

 private:
  AccessLog(int fd, std::string target) : fd_(fd), target_(std::move(target)) {}
  void report(int error);

  int fd_;  ///< -1 where nothing is written
  std::string target_;
  std::string block_;
  bool within_line_ = false;  ///< the file took a part of the first line in the block
  int failed_with_ = 0;       ///< errno of the last write, which was reported
};

}  // namespace orderflow
