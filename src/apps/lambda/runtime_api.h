#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/lambda/invocation.h"
#include "base/result.h"
#include "http/client/http_pool.h"

namespace orderflow::lambda {

/// The outcome of posting an answer.
enum class PostOutcome {
  Accepted,
  TooLarge,  ///< the answer is larger than the 6 MB that Lambda accepts
  Refused,   ///< the service does not wait for it any more: it was posted before, or came too late
};

/// The HTTP interface between the Lambda service and a runtime, version 2018-06-01
/// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Every call blocks: between
/// invocations there is nothing else to do, and the process is frozen in the middle of next().
///
/// One connection is kept. Where it is closed or reset, after a freeze for instance, the request is
/// sent again on a new one: the service hands out an event once, and an answer that is posted twice
/// is Refused. An Error means that the service cannot be reached, or asks the runtime to exit.
///
/// SIGTERM and SIGINT end the wait for an event. A signal during an invocation takes effect once the
/// answer is posted. One a process.
class RuntimeApi {
 public:
  /// `service` is what AWS_LAMBDA_RUNTIME_API names.
  explicit RuntimeApi(const Endpoint& service);

  /// Waits for the next event; nullopt where the process must stop.
  Result<std::optional<Invocation>> next();

  Result<PostOutcome> post_response(std::string_view request_id, std::string_view response);
  Result<PostOutcome> post_error(std::string_view request_id, const InvocationError& error);
  /// The process could not get ready; it exits after this.
  Result<PostOutcome> post_init_error(const InvocationError& error);

 private:
  enum class Wait { ForAnswer, ForAnswerOrStop };

  Result<std::optional<HttpAnswer>> exchange(const std::string& request, Wait wait);
  Result<PostOutcome> post(const std::string& path, std::string_view body,
                           std::string_view error_type);

  boost::asio::io_context io_{1};  ///< runs during calls only
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> never_out_of_work_{
      io_.get_executor()};
  boost::asio::signal_set stop_signals_;
  bool stop_ = false;
  const std::shared_ptr<HttpPool> pool_;
};

}  // namespace orderflow::lambda
