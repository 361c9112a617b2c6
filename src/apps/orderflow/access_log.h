#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "http/server/http_exchange.h"

namespace orderflow {

/// The access log: one JSON object a request, of what HttpExchange has. Lines gather into blocks;
/// the server flushes once a second. Used on the I/O thread only.
class AccessLog {
 public:
  /// A file to append to, "-" for stdout, or empty to write nothing.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& target);
  ~AccessLog();

  void write(const HttpExchange& exchange);
  /// Writes what has gathered, without waiting for the reader. Beyond a megabyte that the reader
  /// does not take, lines are lost.
  void flush();

 private:
  explicit AccessLog(int fd) : fd_(fd) {}

  int fd_;  ///< -1 where nothing is written
  std::string block_;
};

}  // namespace orderflow
