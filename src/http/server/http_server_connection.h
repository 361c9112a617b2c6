#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/task.h"
#include "http/message.h"
#include "http/server/http_exchange.h"
#include "http/server/http_parser.h"

namespace orderflow {

struct HttpServerState;

/// co_await gives (error_code, result) and throws nothing.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

struct HttpTimeouts {
  std::chrono::milliseconds idle{60'000};    ///< between two requests
  std::chrono::milliseconds header{10'000};  ///< from the first byte to the end of the headers
  std::chrono::milliseconds body{30'000};    ///< from the end of the headers to the whole request
  std::chrono::milliseconds write{30'000};   ///< for one answer that the client does not take
  /// For the client to close after our last answer, from its last byte on.
  std::chrono::milliseconds drain{1'000};
};

/// One client. run() reads, answers and writes until either side ends it; the server's sweep calls
/// check_deadline().
///
///     Idle ──first byte──> Header ──end of headers──> Body ──last byte──> Answering ──> Idle
///
/// Sending comes in between where the client takes answers slower than we make them. After the last
/// answer: Sending, Draining, Closed.
///
/// Each state but Answering has a deadline. In Header and Body a late client is answered 408; in all
/// other states the connection is closed: no request has begun, or no answer gets through.
///
/// Bodies that do not fit into the read buffer, and answers that their client does not take at once,
/// share a budget of bytes. What exceeds it makes the one that has been on its way the longest give
/// way: a request is answered 503, an answer is cut off.
///
/// The read buffer does not move while a request is read, so that the headers and most bodies are
/// views into it. Answers of pipelined requests are sent together.
class HttpServerConnection : public boost::intrusive::list_base_hook<
                                 boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  HttpServerConnection(boost::asio::ip::tcp::socket socket, HttpServerState& shared);
  ~HttpServerConnection() { release(); }

  Task<void> run();

  void check_deadline();
  /// True between requests and while one is read: closing the connection loses no answer.
  [[nodiscard]] bool waits_for_client() const { return phase_ <= Phase::Body; }
  [[nodiscard]] bool is_idle() const { return phase_ == Phase::Idle || phase_ == Phase::Draining; }
  /// Ends every wait of run() on the socket.
  void close();

 private:
  enum class Phase : std::uint8_t { Idle, Header, Body, Answering, Sending, Draining, Closed };

  /// Ends the wait for the rest of a request: the client is answered `why` instead.
  void interrupt(const HttpProblem& why);
  bool charge();
  void recount();
  void release();
  /// A phase that goes on keeps its deadline.
  void enter(Phase phase, std::chrono::steady_clock::time_point deadline);
  bool parse();
  void restart_at_front();
  bool make_room();
  Task<bool> receive();
  Task<void> answer();
  void answer_problem();
  void append(const HttpResponse& response, std::chrono::nanoseconds duration);
  bool send_now();
  Task<bool> send();
  Task<void> drain();
  std::string_view make_request_id();

  boost::asio::ip::tcp::socket socket_;
  HttpServerState& shared_;
  Phase phase_ = Phase::Idle;
  const HttpProblem* interrupted_ = nullptr;
  bool continue_sent_ = false;
  bool keep_alive_ = true;
  std::chrono::steady_clock::time_point deadline_;
  const std::string client_;  ///< HttpRequest::client

  // The read buffer. [begin_, end_) is not answered yet; the parser has used [begin_, parsed_).
  // While more of a request is awaited, begin_ is 0, so that the whole buffer serves that request.
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t parsed_ = 0;
  std::size_t end_ = 0;
  std::string body_;  ///< of a request that does not fit into the buffer
  std::optional<HttpParser> parser_;
  const HttpProblem* problem_ = nullptr;

  std::string output_;
  std::size_t sent_ = 0;
  std::size_t charged_ = 0;  ///< for body_ and output_, in HttpServerState::in_flight_bytes
  char made_request_id_[16];
};

using HttpServerConnections =
    boost::intrusive::list<HttpServerConnection, boost::intrusive::constant_time_size<false>>;

/// What the connections of one server share. One thread.
struct HttpServerState {
  std::function<Task<HttpResponse>(HttpRequest)> handler;
  HttpObserver observer;  ///< may be empty
  HttpTimeouts timeouts;
  /// The time of the last sweep. Deadlines are exact to a sweep, which saves reading the clock for
  /// every request.
  std::chrono::steady_clock::time_point now;
  std::string date;  ///< of the Date header, renewed by the sweep
  bool stopping = false;
  std::size_t in_flight_bytes_max = 0;
  /// Of bodies that do not fit into the read buffer, and of answers that wait for their client.
  std::size_t in_flight_bytes = 0;
  std::uint64_t request_id_seed = 0;
  std::uint64_t request_count = 0;
  /// In order of their last complete request, the oldest first.
  HttpServerConnections connections;
};

}  // namespace orderflow
