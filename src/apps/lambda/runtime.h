#pragma once

#include <boost/asio/io_context.hpp>

#include "apps/lambda/invocation.h"
#include "apps/lambda/log.h"
#include "apps/lambda/runtime_api.h"

namespace orderflow::lambda {

/// The loop of a Lambda function: takes an event, runs the function on `io`, posts its answer. Between
/// an answer and the next event the process may be frozen for hours, so an answer is posted only once
/// nothing is left in the event loop.
///
/// Serves until SIGTERM and returns 0. Returns 1 where the service cannot be reached, and where an
/// invocation left work behind that does not end; the service then starts a new process.
int serve_events(RuntimeApi& api, boost::asio::io_context& io, Log& log, const Function& function);

}  // namespace orderflow::lambda
