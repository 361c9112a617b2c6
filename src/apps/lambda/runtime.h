#pragma once

#include <boost/asio/io_context.hpp>

#include "apps/lambda/invocation.h"
#include "apps/lambda/log.h"
#include "apps/lambda/runtime_api.h"

namespace orderflow::lambda {

/// The loop of a Lambda function: an event, the function, its answer, and again. Between an answer
/// and the next event the process may be frozen for hours, so an answer is posted only when the
/// event loop has run dry.
class Runtime {
 public:
  Runtime(RuntimeApi& api, boost::asio::io_context& io, Log& log) : api_(api), io_(io), log_(log) {}

  /// Serves until SIGTERM: 0. 1 where the service can not be spoken to, and where an invocation
  /// left something behind that would not end; the service then starts a new process.
  int run(const Function& function);

 private:
  [[nodiscard]] InvocationResult perform(const Function& function, const Invocation& invocation);
  [[nodiscard]] bool post(const Invocation& invocation, const InvocationResult& result);

  RuntimeApi& api_;
  boost::asio::io_context& io_;
  Log& log_;
};

}  // namespace orderflow::lambda
