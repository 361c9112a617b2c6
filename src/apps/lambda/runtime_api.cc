#include "apps/lambda/runtime_api.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <csignal>
#include <exception>
#include <thread>

#include "base/json_writer.h"
#include "http/client/request_text.h"

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using std::chrono::system_clock;

const std::string kRuntimePath = "/2018-06-01/runtime/";
/// A kept connection that the service has closed costs one try; the others are for a service that
/// is restarting.
constexpr int kTriesMax = 6;
constexpr std::chrono::milliseconds kPauseBetweenTries{100};
/// Lambda's own default, for an event without a deadline.
constexpr std::chrono::seconds kTimeoutDefault{3};

/// The service gives the deadline by the wall clock, which may be set during the invocation.
steady_clock::time_point read_deadline(std::string_view milliseconds) {
  std::int64_t value = 0;
  const char* const end = milliseconds.data() + milliseconds.size();
  const auto [stopped_at, ec] = std::from_chars(milliseconds.data(), end, value);
  if (ec != std::errc{} || stopped_at != end) return steady_clock::now() + kTimeoutDefault;
  const system_clock::time_point deadline{std::chrono::milliseconds(value)};
  return steady_clock::now() + (deadline - system_clock::now());
}

std::string error_json(const InvocationError& error) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("errorMessage", error.message).member("errorType", error.type);
  json.key("stackTrace").begin_array().end_array().end_object();
  return text;
}

}  // namespace

RuntimeApi::RuntimeApi(const Endpoint& service)
    : stop_signals_(io_, SIGTERM, SIGINT),
      pool_(std::make_shared<HttpPool>(io_.get_executor(), service, nullptr)) {
  stop_signals_.async_wait(
      [this](const boost::system::error_code& failed, int) { stop_ = !failed; });
}

Result<std::optional<Invocation>> RuntimeApi::next() {
  const std::string host = pool_->endpoint().host_header;
  auto answer =
      exchange(request_text("GET", kRuntimePath + "invocation/next", {{"host", host}}, ""),
               Wait::ForAnswerOrStop);
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!*answer) return std::optional<Invocation>();
  HttpAnswer& event = **answer;
  if (event.status != 200) {
    return failure(ErrorCode::Unavailable, "the runtime API answered " +
                                               std::to_string(event.status) +
                                               " where an event was asked for");
  }
  Invocation invocation;
  invocation.request_id = event.header("Lambda-Runtime-Aws-Request-Id");
  if (invocation.request_id.empty()) {
    return failure(ErrorCode::Unavailable, "the runtime API gave an event without a request id");
  }
  invocation.trace_id = event.header("Lambda-Runtime-Trace-Id");
  invocation.deadline = read_deadline(event.header("Lambda-Runtime-Deadline-Ms"));
  invocation.event = std::move(event.body);
  return invocation;
}

Result<PostOutcome> RuntimeApi::post_response(std::string_view request_id,
                                              std::string_view response) {
  return post("invocation/" + std::string(request_id) + "/response", response, {});
}

Result<PostOutcome> RuntimeApi::post_error(std::string_view request_id,
                                           const InvocationError& error) {
  return post("invocation/" + std::string(request_id) + "/error", error_json(error), error.type);
}

Result<PostOutcome> RuntimeApi::post_init_error(const InvocationError& error) {
  return post("init/error", error_json(error), error.type);
}

Result<PostOutcome> RuntimeApi::post(const std::string& path, std::string_view body,
                                     std::string_view error_type) {
  const std::string type = "orderflow." + std::string(error_type);
  std::vector<HttpHeader> headers = {{"host", pool_->endpoint().host_header},
                                     {"content-type", "application/json"}};
  if (!error_type.empty()) headers.push_back({"lambda-runtime-function-error-type", type});
  const auto answer =
      exchange(request_text("POST", kRuntimePath + path, headers, body), Wait::ForAnswer);
  if (!answer) return std::unexpected(answer.error());
  const int status = (*answer)->status;
  if (status < 300) return PostOutcome::Accepted;
  if (status == 413) return PostOutcome::TooLarge;
  if (status < 500) return PostOutcome::Refused;
  return failure(ErrorCode::Unavailable, "the runtime API answered " + std::to_string(status) +
                                             ": it asks the runtime to exit");
}

/// Sends the request until there is an answer. nullopt where a signal ended the wait.
Result<std::optional<HttpAnswer>> RuntimeApi::exchange(const std::string& request, Wait wait) {
  io_.poll();  // notices a signal that came since the last call
  std::string why;
  for (int tries = 1; tries <= kTriesMax; ++tries) {
    // An event that is taken and not worked on would be lost until it times out.
    if (wait == Wait::ForAnswerOrStop && stop_) return std::optional<HttpAnswer>();
    // The second try is at once: the likely cause is an old connection.
    if (tries > 2) std::this_thread::sleep_for(kPauseBetweenTries);
    std::optional<HttpResult<HttpAnswer>> answer;
    asio::cancellation_signal cancel;
    const auto finish = [&answer](std::exception_ptr cancelled, HttpResult<HttpAnswer> result) {
      answer = std::move(result);
      if (cancelled) answer.emplace(std::unexpected(HttpError{HttpError::Kind::Timeout, ""}));
    };
    asio::co_spawn(io_, pool_->exchange(request, Deadline::max()),
                   asio::bind_cancellation_slot(cancel.slot(), finish));
    while (!answer) {
      io_.run_one();
      if (wait == Wait::ForAnswerOrStop && stop_) cancel.emit(asio::cancellation_type::terminal);
    }
    if (*answer) return std::move(**answer);
    why = std::move(answer->error().detail);
  }
  return failure(ErrorCode::Unavailable, "the runtime API cannot be reached: " + why);
}

}  // namespace orderflow::lambda
