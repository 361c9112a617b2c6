#include "http/server/http_server_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

#include "base/hex.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/server/response_text.h"

namespace orderflow {
namespace {

using boost::asio::ip::tcp;
using std::chrono::steady_clock;

// Holds the longest request line and header block, and 8 KiB behind them through which a body is
// read.
constexpr std::size_t kBufferBytes = kUriBytesMax + kHeaderBytesMax + 8 * 1024;
// Answers of pipelined requests are sent together up to this size.
constexpr std::size_t kOutputBytesMax = 64 * 1024;
// Strings that grew beyond this free their storage after a request: an idle connection stays small.
constexpr std::size_t kKeptBytesMax = 16 * 1024;
// After the last answer at most this much is read and dropped, for a client that is still sending:
// many read an answer, such as 413, only once they have sent all of their body.
constexpr std::size_t kDrainBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kDrainBufferBytes = 4 * 1024;

constexpr HttpProblem kTooManyBodies{
    503, "unavailable", "Too many large requests are on their way; this one took longest."};
constexpr HttpProblem kInternalError{500, "internal_error", "Something went wrong here."};

/// See HttpRequest::client.
std::string client_at(const tcp::socket& socket) {
  boost::system::error_code ec;
  const auto address = socket.remote_endpoint(ec).address();
  if (ec) return {};
  const auto text_of = [](const auto& bytes, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), size);
  };
  if (address.is_v4()) return text_of(address.to_v4().to_bytes(), 4);
  const auto v6 = address.to_v6();
  if (!v6.is_v4_mapped()) return text_of(v6.to_bytes(), 8);
  return text_of(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_bytes(), 4);
}

void release_large(std::string& storage) {
  if (storage.capacity() > kKeptBytesMax) std::string().swap(storage);
}

}  // namespace

HttpServerConnection::HttpServerConnection(tcp::socket socket, HttpServerState& shared)
    : socket_(std::move(socket)),
      shared_(shared),
      client_(client_at(socket_)),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  deadline_ = shared_.now + shared_.timeouts.idle;
}

// GCC 12 miscompiles a co_await inside the condition of an if or a loop; name its result first.
Task<void> HttpServerConnection::run() {
  while (keep_alive_) {
    bool received = parse();
    if (received && !charge()) problem_ = &kTooManyBodies;
    if (!received) received = co_await receive();
    if (!received || problem_ != nullptr) break;
    co_await answer();
    if (output_.size() > kOutputBytesMax) keep_alive_ = co_await send() && keep_alive_;
  }
  if (problem_ != nullptr) answer_problem();
  if (output_.empty()) co_return;
  const bool sent = co_await send();
  if (sent) co_await drain();
}

void HttpServerConnection::enter(Phase phase, steady_clock::time_point deadline) {
  if (phase == phase_) return;
  phase_ = phase;
  interrupted_ = nullptr;
  deadline_ = deadline;
}

void HttpServerConnection::check_deadline() {
  if (shared_.now < deadline_) return;
  if (phase_ == Phase::Header || phase_ == Phase::Body) {
    interrupt(kRequestTimeout);
  } else {
    close();
  }
}

/// A request has begun, so the client expects an answer: receive() sees interrupted_.
void HttpServerConnection::interrupt(const HttpProblem& why) {
  interrupted_ = &why;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

/// Counts what this client has in flight. Where that has grown and is too much for all clients
/// together, the one whose bytes have been on their way the longest gives way. False where only this
/// one could: a body; an answer may be larger than the budget.
bool HttpServerConnection::charge() {
  const std::size_t before = charged_;
  recount();
  if (charged_ <= before) return true;
  while (shared_.in_flight_bytes > shared_.in_flight_bytes_max) {
    HttpServerConnection* slowest = nullptr;
    for (HttpServerConnection& other : shared_.connections) {
      const bool waits = other.phase_ == Phase::Body || other.phase_ == Phase::Sending;
      if (&other == this || !waits || other.charged_ == 0) continue;
      if (slowest == nullptr || other.deadline_ < slowest->deadline_) slowest = &other;
    }
    if (slowest == nullptr) return body_.empty();
    shared_.in_flight_bytes -= std::exchange(slowest->charged_, 0);  // freed in a moment
    slowest->phase_ == Phase::Body ? slowest->interrupt(kTooManyBodies) : slowest->close();
  }
  return true;
}

void HttpServerConnection::recount() {
  const bool waits = phase_ == Phase::Sending && !output_.empty();
  const std::size_t bytes =
      (body_.empty() ? 0 : kBufferBytes + body_.capacity()) + (waits ? output_.capacity() : 0);
  shared_.in_flight_bytes += bytes - charged_;
  charged_ = bytes;
}

/// After the answer.
void HttpServerConnection::release() {
  release_large(body_);
  shared_.in_flight_bytes -= std::exchange(charged_, 0);
}

void HttpServerConnection::close() {
  enter(Phase::Closed, steady_clock::time_point::max());
  boost::system::error_code ignored;
  socket_.close(ignored);
}

/// Parses what is buffered; true when that completes a request, which is then in parser_. If the
/// request is malformed, sets problem_.
bool HttpServerConnection::parse() {
  if (!parser_) {
    // RFC 9112, 2.2: empty lines before a request are skipped; half of one waits for the rest.
    while (end_ - begin_ >= 2 && std::memcmp(&buffer_[begin_], "\r\n", 2) == 0) begin_ += 2;
    const bool half = end_ - begin_ == 1 && buffer_[begin_] == '\r';
    if (begin_ == end_ || half) {
      buffer_[0] = '\r';
      begin_ = 0;
      end_ = half ? 1 : 0;
      return false;
    }
    parser_.emplace(body_);
    parsed_ = begin_;
  }
  parsed_ += parser_->feed({&buffer_[parsed_], end_ - parsed_});
  problem_ = parser_->problem();
  return problem_ == nullptr && parser_->is_done();
}

/// Moves an incomplete request, which came behind others, to the front of the buffer. The parser's
/// views point to the old place, so it parses again from the start. This happens at most once a
/// request: afterwards begin_ is 0.
void HttpServerConnection::restart_at_front() {
  std::memmove(&buffer_[0], &buffer_[begin_], end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  parser_.reset();
  parse();
}

/// Makes room to read into. Where the request has used all of it, sets problem_ and returns false.
bool HttpServerConnection::make_room() {
  const bool in_body = parser_ && parser_->is_header_done();
  if (in_body) {
    // The part of the body that is parsed has been copied to body_: read on over it.
    const auto body_begin = static_cast<std::size_t>(parser_->header_end() - buffer_.get());
    std::memmove(&buffer_[body_begin], &buffer_[parsed_], end_ - parsed_);
    end_ -= parsed_ - body_begin;
    parsed_ = body_begin;
  }
  if (end_ < kBufferBytes) return true;
  const bool has_line = std::string_view(buffer_.get(), end_).find('\n') != std::string_view::npos;
  problem_ = in_body ? &kBadChunk : has_line ? &kHeadersTooLarge : &kUriTooLong;
  return false;
}

/// Reads until a request is complete. False where none came: the client is gone, the server is
/// stopping, or problem_ says what is wrong with the request.
Task<bool> HttpServerConnection::receive() {
  if (begin_ > 0) restart_at_front();
  while (problem_ == nullptr) {
    const bool in_body = parser_ && parser_->is_header_done();
    if (in_body && parser_->expects_continue() && !continue_sent_) {
      output_ += "HTTP/1.1 100 Continue\r\n\r\n";
      continue_sent_ = true;
    }
    // Answers leave before the wait for the next request, since the client may wait for them.
    bool sent = send_now();
    if (!sent) sent = co_await send();
    if (!sent) co_return false;
    if (!make_room()) co_return false;

    // A request that has begun is still read and answered; a new one is not begun.
    if (shared_.stopping && !parser_) co_return false;
    if (in_body) {
      enter(Phase::Body, shared_.now + shared_.timeouts.body);
    } else if (parser_) {
      enter(Phase::Header, shared_.now + shared_.timeouts.header);
    } else {
      enter(Phase::Idle, shared_.now + shared_.timeouts.idle);
    }
    const auto [ec, size] = co_await socket_.async_read_some(
        boost::asio::buffer(&buffer_[end_], kBufferBytes - end_), kAwait);
    if (ec) {
      // Without a parser no request has begun: an ordinary end of the connection.
      if (parser_ && interrupted_ != nullptr) problem_ = interrupted_;
      if (parser_ && ec == boost::asio::error::eof) problem_ = &kTruncated;
      co_return false;
    }
    end_ += size;
    const bool complete = parse();
    // Between the end of the read and here this connection may have been made to give way.
    if (interrupted_ != nullptr && problem_ == nullptr) problem_ = interrupted_;
    if (problem_ == nullptr && !charge()) problem_ = &kTooManyBodies;
    if (complete && problem_ == nullptr) co_return true;
  }
  co_return false;
}

Task<void> HttpServerConnection::answer() {
  enter(Phase::Answering, steady_clock::time_point::max());
  // To the end of the list: this connection has just completed a request.
  shared_.connections.splice(shared_.connections.end(), shared_.connections,
                             HttpServerConnections::s_iterator_to(*this));
  const auto start = steady_clock::now();
  HttpResponse response;
  try {
    HttpRequest request = parser_->take_request();
    request.client = client_;
    response = co_await shared_.handler(std::move(request));
  } catch (const std::exception& bug) {
    log_error("the handler of a request threw", {{"detail", bug.what()}});
    response = http_problem_response(kInternalError);
  }
  keep_alive_ = parser_->keep_alive() && !shared_.stopping;
  append(response, steady_clock::now() - start);

  begin_ = parsed_;
  parser_.reset();
  continue_sent_ = false;
  release();
}

void HttpServerConnection::answer_problem() {
  keep_alive_ = false;
  append(http_problem_response(*problem_), {});
  release();
}

void HttpServerConnection::append(const HttpResponse& response, std::chrono::nanoseconds duration) {
  std::string_view request_id = parser_->request_id();
  if (request_id.empty()) request_id = make_request_id();
  const std::size_t size_before = output_.size();
  append_response(output_, response,
                  {.date = shared_.date,
                   .request_id = request_id,
                   .close = !keep_alive_,
                   .keep_alive = parser_->is_http_1_0(),
                   .head_only = parser_->is_head()});
  if (!shared_.observer) return;
  shared_.observer({.method = parser_->method_label(),
                    .route = response.route,
                    .request_id = request_id,
                    .status = response.status,
                    .duration = duration,
                    .bytes = output_.size() - size_before,
                    .error = response.error_detail});
}

/// splitmix64 of a counter with a random start: unique in this process, and as good as random among
/// those of other processes.
std::string_view HttpServerConnection::make_request_id() {
  std::uint64_t x = shared_.request_id_seed + ++shared_.request_count * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  for (char& c : made_request_id_) {
    c = kHexDigits[x & 15];
    x >>= 4;
  }
  return {made_request_id_, sizeof made_request_id_};
}

/// Writes as much as the socket takes without waiting. True when nothing is left to send.
bool HttpServerConnection::send_now() {
  if (output_.empty()) return true;
  boost::system::error_code ec;
  sent_ +=
      socket_.write_some(boost::asio::buffer(output_.data() + sent_, output_.size() - sent_), ec);
  if (sent_ < output_.size()) return false;
  sent_ = 0;
  output_.clear();
  release_large(output_);
  return true;
}

/// Sends all output. False when the client is gone or does not take it.
Task<bool> HttpServerConnection::send() {
  if (send_now()) co_return true;
  enter(Phase::Sending, shared_.now + shared_.timeouts.write);
  charge();
  const auto [ec, size] = co_await boost::asio::async_write(
      socket_, boost::asio::buffer(output_.data() + sent_, output_.size() - sent_), kAwait);
  sent_ = 0;
  output_.clear();
  release_large(output_);
  recount();  // the body of the next request may have begun
  co_return !ec;
}

/// Ends our side and waits a little for the client to close. Closing at once, while bytes of the
/// client are unread, would reset the connection, and the client could lose the answer (RFC 9112,
/// 9.6). While bytes come, it waits as long as for a body.
Task<void> HttpServerConnection::drain() {
  enter(Phase::Draining, shared_.now + shared_.timeouts.drain);
  const auto end = shared_.now + shared_.timeouts.body;
  // When many bodies give way, many connections drain at once: a small buffer each is enough.
  parser_.reset();
  buffer_ = std::make_unique_for_overwrite<char[]>(kDrainBufferBytes);
  boost::system::error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  for (std::size_t drained = 0; !ec && drained < kDrainBytesMax;) {
    const auto [read_ec, size] = co_await socket_.async_read_some(
        boost::asio::buffer(buffer_.get(), kDrainBufferBytes), kAwait);
    ec = read_ec;
    drained += size;
    deadline_ = std::min(end, shared_.now + shared_.timeouts.drain);
  }
}

}  // namespace orderflow
