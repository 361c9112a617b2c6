#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/message.h"
#include "http/server/http_exchange.h"
#include "http/server/http_parser.h"
#include "base/task.h"

namespace orderflow::http {

struct Shared;

struct Timeouts {
  std::chrono::milliseconds idle{60'000};    ///< between two requests
  std::chrono::milliseconds header{10'000};  ///< from the first byte to the end of the headers
  std::chrono::milliseconds body{30'000};    ///< from the end of the headers to the whole request
  std::chrono::milliseconds write{30'000};   ///< for one answer that the client does not take
  std::chrono::milliseconds drain{1'000};    ///< for the client to close after our last answer
};

/// One client. run() reads, answers and writes until either side ends it; the sweep of the server
/// calls check_deadline(). A read buffer that never moves while a request is read, so that headers
/// and most bodies are views into it; answers of pipelined requests leave together.
class Connection : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Shared& shared);

  Task<void> run();

  void check_deadline();
  /// True between requests and while one is read: closing it loses no answer.
  [[nodiscard]] bool waits_for_client() const { return phase_ <= Phase::Body; }
  [[nodiscard]] bool is_idle() const { return phase_ == Phase::Idle || phase_ == Phase::Draining; }
  /// Whatever run() waits for on the socket ends now.
  void close();

 private:
  enum class Phase : std::uint8_t { Idle, Header, Body, Answering, Sending, Draining, Closed };

  void enter(Phase phase);
  bool parse();
  void restart_at_front();
  bool make_room();
  Task<bool> receive();
  Task<void> answer();
  void answer_fault();
  void append(const HttpResponse& response, std::chrono::nanoseconds duration);
  bool send_now();
  Task<bool> send();
  Task<void> drain();
  std::string_view make_request_id();

  boost::asio::ip::tcp::socket socket_;
  Shared& shared_;
  Phase phase_ = Phase::Idle;
  bool timed_out_ = false;
  bool continue_sent_ = false;
  bool keep_alive_ = true;
  std::chrono::steady_clock::time_point deadline_;

  // The read buffer: [begin_, end_) is not answered yet, up to parsed_ the parser has used it.
  // While more of a request is awaited, it begins at 0.
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t parsed_ = 0;
  std::size_t end_ = 0;
  std::string body_;
  std::optional<RequestParser> parser_;
  const Fault* fault_ = nullptr;

  std::string output_;
  std::size_t sent_ = 0;
  char made_request_id_[16];
};

using ConnectionList =
    boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

/// What the connections of one server share. One thread.
struct Shared {
  std::function<Task<HttpResponse>(HttpRequest)> handler;
  HttpObserver observer;  ///< may be empty
  Timeouts timeouts;
  /// The time of the last sweep. Deadlines are exact to a sweep, so nobody reads a clock for them.
  std::chrono::steady_clock::time_point now;
  std::string date;  ///< of the Date header, renewed by the sweep
  bool stopping = false;
  std::uint64_t request_id_seed = 0;
  std::uint64_t request_count = 0;
  /// The one that has gone longest without completing a request is first.
  ConnectionList connections;
};

}  // namespace orderflow::http
