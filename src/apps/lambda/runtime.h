#pragma once

#include <boost/asio/io_context.hpp>

#include "apps/lambda/invocation.h"
#include "apps/lambda/log.h"
#include "apps/lambda/runtime_api.h"

namespace orderflow::lambda {

/// The loop of a Lambda function: takes an event, runs the function, posts its answer. Between an
/// answer and the next event the process may be frozen for hours, so an answer is posted only once
/// nothing is left in the event loop.
class Runtime {
 public:
  Runtime(RuntimeApi& api, boost::asio::io_context& io, Log& log) : api_(api), io_(io), log_(log) {}

  /// Serves until SIGTERM and returns 0. Returns 1 where the service cannot be reached, and where
  /// an invocation left work behind that does not end; the service then starts a new process.
  int run(const Function& function);

 private:
  [[nodiscard]] InvocationResult perform(const Function& function, const Invocation& invocation);
  [[nodiscard]] bool post(const Invocation& invocation, const InvocationResult& result);

  RuntimeApi& api_;
  boost::asio::io_context& io_;
  Log& log_;
};

}  // namespace orderflow::lambda
