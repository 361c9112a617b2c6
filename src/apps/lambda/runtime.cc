#include "apps/lambda/runtime.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>
#include <optional>

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// Where the libraries of X-Ray look for the trace id.
constexpr const char* kTraceIdVariable = "_X_AMZN_TRACE_ID";

InvocationResult timed_out() {
  return std::unexpected(InvocationError{"Timeout", "the deadline came before the answer"});
}

/// An exception of a function fails its invocation, not the process.
InvocationResult failed(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return std::unexpected(InvocationError{"Exception", exception.what()});
  } catch (...) {
    return std::unexpected(InvocationError{"Exception", "not a std::exception"});
  }
}

/// Runs until the event loop is empty. If it is not empty at kCancelMargin, the function is
/// cancelled. If it is not empty at kAbandonMargin either, the function is given up: io.stopped()
/// is then false.
InvocationResult perform(asio::io_context& io, const Function& function,
                         const Invocation& invocation) {
  std::optional<InvocationResult> result;
  asio::cancellation_signal cancel;
  const auto finish = [&result](std::exception_ptr thrown, InvocationResult returned) {
    result = thrown ? failed(thrown) : std::move(returned);
  };
  io.restart();
  asio::co_spawn(io, function(invocation), asio::bind_cancellation_slot(cancel.slot(), finish));
  io.run_until(invocation.deadline - kCancelMargin);
  if (io.stopped()) return result ? std::move(*result) : timed_out();
  cancel.emit(asio::cancellation_type::terminal);
  io.run_until(invocation.deadline - kAbandonMargin);
  return result && result->has_value() ? std::move(*result) : timed_out();
}

/// False where the service cannot be reached.
bool post(RuntimeApi& api, Log& log, const Invocation& invocation, const InvocationResult& result) {
  auto outcome = result ? api.post_response(invocation.request_id, *result)
                        : api.post_error(invocation.request_id, result.error());
  if (outcome && *outcome == PostOutcome::TooLarge) {
    log.error("the answer is larger than Lambda takes",
              {{"bytes", static_cast<std::int64_t>(result ? result->size() : 0)}});
    outcome = api.post_error(invocation.request_id,
                             {"AnswerTooLarge", "the answer is larger than Lambda takes"});
  }
  if (!outcome) {
    log.error("the answer could not be posted", outcome.error());
    return false;
  }
  if (*outcome != PostOutcome::Accepted) log.warn("the service did not wait for this answer");
  return true;
}

}  // namespace

int serve_events(RuntimeApi& api, asio::io_context& io, Log& log, const Function& function) {
  for (;;) {
    auto invocation = api.next();
    if (!invocation) {
      log.error("the next event could not be read", invocation.error());
      return 1;
    }
    if (!*invocation) return 0;
    const Invocation& current = **invocation;
    if (current.trace_id.empty()) {
      ::unsetenv(kTraceIdVariable);
    } else {
      ::setenv(kTraceIdVariable, current.trace_id.c_str(), 1);
    }
    log.begin(current);
    const auto start = steady_clock::now();
    const InvocationResult result = perform(io, function, current);
    log.end(result, steady_clock::now() - start);
    if (!post(api, log, current, result)) return 1;
    if (!io.stopped()) {
      log.error("the invocation left work behind that does not end; the process ends");
      return 1;
    }
  }
}

}  // namespace orderflow::lambda
