#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "http/server/http_server_connection.h"

namespace orderflow {

struct HttpServerSettings {
  std::string address = "127.0.0.1";  ///< an IP address, not a name
  std::uint16_t port = 0;             ///< 0: any that is free
  /// One more than this closes the connection whose last complete request is oldest. Lowered to what
  /// the limit of open files allows.
  std::size_t connections_max = 4096;
  /// For all bodies and answers together that are on their way (http_server_connection.h).
  std::size_t in_flight_bytes_max = 128 * 1024 * 1024;
  HttpTimeouts timeouts;
  std::chrono::milliseconds stop_grace{2'000};
};

/// HTTP/1.1 (and 1.0) over plain TCP: keep-alive, pipelining, every limit of base/limits.h; bad
/// framing never reaches the handler. Everything runs on the one thread that runs the io_context,
/// the handler too, so a handler must not block. One sweep a second checks all timeouts.
///
///     HttpServer server(io, {.port = 8080},
///                       [&](HttpRequest request) { return api.handle(std::move(request)); }, {});
///     if (auto started = server.start(); !started) ...
///     io.run();  // until a coroutine awaits server.stop()
///
/// Must outlive the run of its io_context.
class HttpServer {
 public:
  using Handler = std::function<Task<HttpResponse>(HttpRequest)>;

  /// `observer`, which may be empty, is called after each answer, also those to bad framing.
  HttpServer(boost::asio::io_context& io, HttpServerSettings settings, Handler handler,
             HttpObserver observer);

  /// Binds, listens, accepts. Raises the process's soft limit of open files to what connections_max
  /// needs. InvalidInput where the address is invalid, Unavailable where it cannot be bound.
  Result<void> start();
  /// The port that start() bound.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connection_count() const { return connection_count_; }

  /// Stops accepting, closes what is idle, finishes the requests in flight and says "Connection:
  /// close" with each answer. True when all are done, false when some were cut off after the grace.
  Task<bool> stop();

 private:
  Result<void> listen();
  Task<void> accept_all();
  Task<void> sweep_periodically();
  void sweep();
  void serve(boost::asio::ip::tcp::socket socket);
  bool evict_one();

  boost::asio::io_context& io_;
  HttpServerSettings settings_;
  HttpServerState shared_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer accept_retry_;
  boost::asio::steady_timer all_done_;  // cancelled when the last connection ends
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  std::atomic<std::size_t> connection_count_ = 0;
};

}  // namespace orderflow
