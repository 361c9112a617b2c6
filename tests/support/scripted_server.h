#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "support/run.h"

namespace orderflow {

/// What the server does with one request.
struct ScriptedReply {
  enum class Then { KeepAlive, Close, Hang };
  std::string text;  ///< sent as it is; "" sends nothing
  Then then = Then::KeepAlive;

  static ScriptedReply answer(int status, const std::string& body,
                              const std::string& headers = "") {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
  }
  static ScriptedReply answer_and_close(int status, const std::string& body) {
    ScriptedReply reply = answer(status, body);
    reply.then = Then::Close;
    return reply;
  }
  static ScriptedReply close() { return {"", Then::Close}; }
  static ScriptedReply cut_off() {
    return {"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{", Then::Close};
  }
  static ScriptedReply hang() { return {"", Then::Hang}; }
};

/// An HTTP server on a free loopback port that answers by a script. Runs on the loop that it is given.
class ScriptedServer {
 public:
  using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  struct SeenRequest {
    int connection;  ///< 1 for the first
    Request request;
  };
  using Script = std::function<ScriptedReply(const Request&)>;

  /// Answers the nth request, counted over all connections, with the nth reply, and all later ones
  /// with the last reply.
  ScriptedServer(boost::asio::io_context& io, std::vector<ScriptedReply> replies,
                 TlsContext tls = nullptr)
      : ScriptedServer(
            io,
            [replies, next = std::size_t{0}](const Request&) mutable {
              return replies.at(std::min(++next, replies.size()) - 1);
            },
            std::move(tls)) {}
  ScriptedServer(boost::asio::io_context& io, Script script, TlsContext tls = nullptr)
      : state_(std::make_shared<State>(io, std::move(script), std::move(tls))) {
    boost::asio::co_spawn(io, accept(state_), boost::asio::detached);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    close_connections();
  }

  [[nodiscard]] std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return (state_->tls ? "https://" : "http://") + host + ":" + std::to_string(port());
  }
  [[nodiscard]] const std::vector<SeenRequest>& seen() const { return state_->seen; }
  [[nodiscard]] int connections() const { return state_->connections; }

  void close_connections() {
    boost::system::error_code ignored;
    for (Socket& socket : state_->sockets) socket.close(ignored);
  }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  static constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

  /// Held by every coroutine, so that the server may be destroyed before its loop.
  struct State {
    State(boost::asio::io_context& io, Script answer, TlsContext context)
        : script(std::move(answer)),
          acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}),
          tls(std::move(context)) {}
    const Script script;
    boost::asio::ip::tcp::acceptor acceptor;
    const TlsContext tls;
    std::list<Socket> sockets;
    std::vector<SeenRequest> seen;
    int connections = 0;
  };

  static Task<void> accept(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, socket] = co_await state->acceptor.async_accept(kAwait);
      if (error) co_return;
      state->sockets.push_back(std::move(socket));
      boost::asio::co_spawn(state->acceptor.get_executor(),
                            serve(state, state->sockets.back(), ++state->connections),
                            boost::asio::detached);
    }
  }

  static Task<void> serve(std::shared_ptr<State> state, Socket& socket, int connection) {
    if (state->tls == nullptr) {
      co_await converse(*state, socket, connection);
    } else {
      boost::asio::ssl::stream<Socket&> stream(socket, *state->tls);
      const auto [error] =
          co_await stream.async_handshake(boost::asio::ssl::stream_base::server, kAwait);
      if (!error) co_await converse(*state, stream, connection);
    }
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  template <typename Stream>
  static Task<void> converse(State& state, Stream& stream, int connection) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      boost::beast::http::request_parser<boost::beast::http::string_body> parser;
      parser.body_limit(boost::none);
      const auto [read_error, got] =
          co_await boost::beast::http::async_read(stream, buffer, parser, kAwait);
      if (read_error) co_return;
      state.seen.push_back({connection, parser.release()});
      const ScriptedReply reply = state.script(state.seen.back().request);
      const auto [write_error, sent] =
          co_await boost::asio::async_write(stream, boost::asio::buffer(reply.text), kAwait);
      if (write_error || reply.then == ScriptedReply::Then::Close) co_return;
      if (reply.then == ScriptedReply::Then::Hang) {
        boost::asio::steady_timer never(stream.get_executor(),
                                        std::chrono::steady_clock::time_point::max());
        co_await never.async_wait(kAwait);
      }
    }
  }

  const std::shared_ptr<State> state_;
};

}  // namespace orderflow
