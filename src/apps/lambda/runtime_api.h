#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "apps/lambda/invocation.h"
#include "apps/lambda/stop_signal.h"
#include "base/result.h"

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
class RuntimeApi {
 public:
  /// `address` is the value of AWS_LAMBDA_RUNTIME_API, "HOST:PORT".
  RuntimeApi(std::string address, const StopSignal& stop);

  /// Waits for the next event; nullopt where the process must stop.
  Result<std::optional<Invocation>> next();

  Result<PostOutcome> post_response(std::string_view request_id, std::string_view response);
  Result<PostOutcome> post_error(std::string_view request_id, const InvocationError& error);
  /// The process could not get ready; it exits after this.
  Result<PostOutcome> post_init_error(const InvocationError& error);

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  enum class Wait { ForAnswer, ForAnswerOrStop };

  Result<std::optional<Response>> exchange(std::string_view request, std::string_view body,
                                           Wait wait);
  bool try_exchange(std::string_view request, std::string_view body, Wait wait, Parser& parser,
                    boost::system::error_code& ec);
  void connect(boost::system::error_code& ec);
  Result<PostOutcome> post(std::string_view path, std::string_view body,
                           std::string_view error_type);

  std::string address_;
  const StopSignal& stop_;
  boost::asio::io_context io_;  ///< never run: the socket wants one
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace orderflow::lambda
