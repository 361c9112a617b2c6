#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/shop_for_fuzz.h"
#include "http/server/http_server_connection.h"

// What a client sends, its first two bytes left out: they say where it is cut into two pieces. The
// real connection answers it, from a shop in memory, over a pair of sockets.
namespace orderflow {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kPieceBytesMax = 64 * 1024;  // the buffer of a socket takes it at once

/// One connection to a shop of its own.
class Client {
 public:
  Client() {
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_) == 0);
    boost::asio::ip::tcp::socket socket(io_);
    socket.assign(boost::asio::ip::tcp::v4(), ends_[1]);
    shared_.handler = [this](HttpRequest request) { return shop_.api.handle(std::move(request)); };
    shared_.in_flight_bytes_max = 2 * kPieceBytesMax;
    shared_.date = "Sun, 06 Nov 1994 08:49:37 GMT";
    connection_ = std::make_unique<HttpServerConnection>(std::move(socket), shared_);
    shared_.connections.push_back(*connection_);
    boost::asio::co_spawn(io_, connection_->run(), [this](std::exception_ptr bug) {
      CHECK(!bug);
      connection_.reset();
    });
  }
  ~Client() { ::close(ends_[0]); }

  void send(std::string_view piece) {
    if (piece.empty() || !connection_) return;
    const auto sent = ::send(ends_[0], piece.data(), piece.size(), MSG_NOSIGNAL);
    CHECK(sent == static_cast<ssize_t>(piece.size()) || !connection_);
    receive();
  }

  /// All that was answered until the connection was closed.
  std::string finish() {
    ::shutdown(ends_[0], SHUT_WR);
    receive();
    CHECK(!connection_);
    return answered_;
  }

 private:
  void receive() {
    char buffer[16 * 1024];
    for (bool more = true; more;) {
      io_.restart();
      more = io_.poll() > 0;
      for (ssize_t size; (size = ::read(ends_[0], buffer, sizeof buffer)) > 0; more = true) {
        answered_.append(buffer, static_cast<std::size_t>(size));
      }
    }
  }

  boost::asio::io_context io_{1};
  fuzz::Shop shop_;
  HttpServerState shared_;
  int ends_[2];
  std::unique_ptr<HttpServerConnection> connection_;
  std::string answered_;
};

struct ParsedAnswer {
  unsigned status;
  bool closes;  ///< the connection, as the head says
  std::string body;

  friend bool operator==(const ParsedAnswer&, const ParsedAnswer&) = default;
};

/// Reads answers one after the other, which must leave nothing. Which one answers HEAD is not known
/// here: it has a Content-Length and, right behind its head, the next answer or nothing.
std::vector<ParsedAnswer> read_answers(std::string_view text) {
  std::vector<ParsedAnswer> answers;
  while (!text.empty()) {
    if (text.starts_with(kContinue)) {
      text.remove_prefix(kContinue.size());
      continue;
    }
    beast_http::response_parser<beast_http::string_body> parser;
    parser.body_limit(boost::none);
    boost::system::error_code error;
    const std::size_t head = text.find("\r\n\r\n");
    CHECK(head != std::string_view::npos);
    const std::string_view behind = text.substr(head + 4);
    parser.skip(behind.empty() || behind.starts_with("HTTP/1.1 "));
    parser.eager(true);
    text.remove_prefix(parser.put(boost::asio::buffer(text.data(), text.size()), error));
    CHECK(!error && parser.is_done());
    const auto& answer = parser.get();
    CHECK(answer.result_int() >= 200 && answer.result_int() < 600);
    CHECK(answer.count("X-Request-Id") == 1);
    // The answer to OPTIONS * has no content.
    CHECK(answer.count("Content-Type") == 1 || answer.count("Allow") == 1);
    answers.push_back({answer.result_int(), !answer.keep_alive(), answer.body()});
  }
  return answers;
}

/// What a request that cannot be read to its end is answered with.
bool is_refusal(const ParsedAnswer& answer) {
  constexpr std::array kStatuses{400u, 408u, 413u, 414u, 417u, 431u, 501u};
  return answer.closes && std::ranges::find(kStatuses, answer.status) != kStatuses.end();
}

std::vector<ParsedAnswer> ask(std::string_view input, std::size_t cut) {
  Client client;
  client.send(input.substr(0, cut));
  client.send(input.substr(cut));
  return read_answers(client.finish());
}

}  // namespace

FUZZ(http) {
  if (input.size() < 2 || input.size() > kPieceBytesMax) return;
  const std::size_t at =
      static_cast<unsigned char>(input[0]) * 256u + static_cast<unsigned char>(input[1]);
  input.remove_prefix(2);
  const auto whole = ask(input, input.size());
  const auto pieces = ask(input, input.empty() ? 0 : at % input.size());
  for (const ParsedAnswer& answer : whole) CHECK(answer.status != 500);
  CHECK(whole.size() == pieces.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    // Of several faults of the last request the first that was seen is named, and a request that
    // is cut off may be refused for that or for what it holds.
    const bool refused = i + 1 == whole.size() && is_refusal(whole[i]) && is_refusal(pieces[i]);
    CHECK(refused || whole[i] == pieces[i]);
  }
}

}  // namespace orderflow
