#include "apps/lambda/runtime_api.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "base/json_writer.h"

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::string_view kRuntimePath = "/2018-06-01/runtime/";
/// A kept connection that the service has closed costs one try; the others are for a service that
/// is restarting.
constexpr int kTriesMax = 6;
constexpr std::chrono::milliseconds kPauseBetweenTries{100};
constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
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
  std::string json;
  JsonWriter(json)
      .begin_object()
      .member("errorMessage", error.message)
      .member("errorType", error.type)
      .key("stackTrace")
      .begin_array()
      .end_array()
      .end_object();
  return json;
}

}  // namespace

RuntimeApi::RuntimeApi(std::string address, const StopSignal& stop)
    : address_(std::move(address)), stop_(stop), io_(1), socket_(io_) {}

Result<std::optional<Invocation>> RuntimeApi::next() {
  // An event that is taken and not worked on would be lost until it times out.
  if (stop_.requested()) return std::optional<Invocation>();
  const std::string request = "GET " + std::string(kRuntimePath) +
                              "invocation/next HTTP/1.1\r\nHost: " + address_ + "\r\n\r\n";
  auto answer = exchange(request, {}, Wait::ForAnswerOrStop);
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!*answer) return std::optional<Invocation>();
  Response& response = **answer;
  if (response.result() != http::status::ok) {
    return failure(ErrorCode::Unavailable, "the runtime API answered " +
                                               std::to_string(response.result_int()) +
                                               " where an event was asked for");
  }
  Invocation invocation;
  invocation.request_id = response["Lambda-Runtime-Aws-Request-Id"];
  if (invocation.request_id.empty()) {
    return failure(ErrorCode::Unavailable, "the runtime API gave an event without a request id");
  }
  invocation.trace_id = response["Lambda-Runtime-Trace-Id"];
  invocation.deadline = read_deadline(response["Lambda-Runtime-Deadline-Ms"]);
  invocation.event = std::move(response.body());
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

Result<PostOutcome> RuntimeApi::post(std::string_view path, std::string_view body,
                                     std::string_view error_type) {
  std::string request = "POST ";
  request.append(kRuntimePath).append(path).append(" HTTP/1.1\r\nHost: ").append(address_);
  request += "\r\nContent-Type: application/json\r\nContent-Length: ";
  append_integer(request, static_cast<std::int64_t>(body.size()));
  if (!error_type.empty()) {
    request.append("\r\nLambda-Runtime-Function-Error-Type: orderflow.").append(error_type);
  }
  request += "\r\n\r\n";
  const auto answer = exchange(request, body, Wait::ForAnswer);
  if (!answer) return std::unexpected(answer.error());
  const unsigned status = (*answer)->result_int();
  if (status < 300) return PostOutcome::Accepted;
  if (status == 413) return PostOutcome::TooLarge;
  if (status < 500) return PostOutcome::Refused;
  return failure(ErrorCode::Unavailable, "the runtime API answered " + std::to_string(status) +
                                             ": it asks the runtime to exit");
}

/// Sends the request and reads the answer, on a new connection where the one that was kept is gone.
Result<std::optional<RuntimeApi::Response>> RuntimeApi::exchange(std::string_view request,
                                                                 std::string_view body, Wait wait) {
  boost::system::error_code ec;
  for (int tries = 1; tries <= kTriesMax; ++tries) {
    // The second try is at once: the likely cause is an old connection.
    if (tries > 2) std::this_thread::sleep_for(kPauseBetweenTries);
    ec = {};
    if (!socket_.is_open()) connect(ec);
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(boost::none);  // the service limits events to 6 MB
    if (!ec && !try_exchange(request, body, wait, parser, ec)) return std::optional<Response>();
    boost::system::error_code ignored;
    if (ec || !parser.get().keep_alive()) socket_.close(ignored);
    if (!ec) return parser.release();
  }
  return failure(ErrorCode::Unavailable, "the runtime API cannot be reached: " + ec.message());
}

/// False where the process must stop. After an error in `ec` the request may or may not have
/// arrived.
bool RuntimeApi::try_exchange(std::string_view request, std::string_view body, Wait wait,
                              Parser& parser, boost::system::error_code& ec) {
  const std::array<asio::const_buffer, 2> message{asio::buffer(request), asio::buffer(body)};
  asio::write(socket_, message, ec);
  if (ec) return true;
  if (wait == Wait::ForAnswerOrStop && !stop_.wait_readable(socket_.native_handle())) return false;
  http::read(socket_, buffer_, parser, ec);
  return true;
}

void RuntimeApi::connect(boost::system::error_code& ec) {
  buffer_.clear();
  const auto colon = address_.rfind(':');
  const std::string host = address_.substr(0, colon);
  const std::string port = colon == std::string::npos ? "80" : address_.substr(colon + 1);
  const auto number = asio::ip::make_address(host, ec);
  if (!ec) {
    const auto port_number = static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
    socket_.connect({number, port_number}, ec);
  } else {
    const auto found = tcp::resolver(io_).resolve(host, port, tcp::resolver::numeric_service, ec);
    if (!ec) asio::connect(socket_, found, ec);
  }
  if (!ec) socket_.set_option(tcp::no_delay(true), ec);
}

}  // namespace orderflow::lambda
