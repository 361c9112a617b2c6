#include "http/server/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "http/server/response_text.h"

namespace orderflow {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
constexpr std::chrono::milliseconds kSweepPeriodMax{1'000};
// How long accepting pauses when the system has no more file descriptors or memory for it.
constexpr std::chrono::milliseconds kAcceptPause{50};
// Files that are not connections: the store, its readers, logs, outgoing calls.
constexpr rlim_t kOtherFiles = 256;

/// How many of `wanted` connections the limit of open files allows, after raising it as far as the
/// process may.
std::size_t connections_allowed(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = std::min<rlim_t>(limit.rlim_max, wanted + kOtherFiles);
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = needed;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  // Of a very low limit, half is for connections.
  const rlim_t reserved = std::min(kOtherFiles, limit.rlim_cur / 2);
  return std::min<std::size_t>(wanted, limit.rlim_cur - reserved);
}

std::chrono::milliseconds sweep_period(const HttpTimeouts& t) {
  return std::min(kSweepPeriodMax, std::min({t.idle, t.header, t.body, t.write, t.drain}) / 4);
}

Task<void> run(std::unique_ptr<HttpServerConnection> connection) { co_await connection->run(); }

}  // namespace

HttpServer::HttpServer(boost::asio::io_context& io, HttpServerSettings settings, Handler handler,
                       HttpObserver observer)
    : io_(io),
      settings_(std::move(settings)),
      shared_{.handler = std::move(handler),
              .observer = std::move(observer),
              .timeouts = settings_.timeouts,
              .in_flight_bytes_max = settings_.in_flight_bytes_max},
      acceptor_(io),
      sweep_timer_(io),
      accept_retry_(io),
      all_done_(io) {
  std::random_device random;
  shared_.request_id_seed = std::uint64_t{random()} << 32 | random();
}

Result<void> HttpServer::start() {
  if (auto listening = listen(); !listening) return listening;
  settings_.connections_max = connections_allowed(settings_.connections_max);
  sweep();
  boost::asio::co_spawn(io_, accept_all(), boost::asio::detached);
  boost::asio::co_spawn(io_, sweep_periodically(), boost::asio::detached);
  return {};
}

Result<void> HttpServer::listen() {
  error_code ec;
  const auto address = boost::asio::ip::make_address(settings_.address, ec);
  if (ec) {
    return failure(ErrorCode::InvalidInput,
                   fmt::format("{} is not an IP address", settings_.address));
  }
  const tcp::endpoint endpoint(address, settings_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
  if (!ec) port_ = acceptor_.local_endpoint(ec).port();
  if (ec) {
    return failure(ErrorCode::Unavailable,
                   fmt::format("cannot listen on {} port {}: {}", settings_.address, settings_.port,
                               ec.message()));
  }
  return {};
}

Task<void> HttpServer::accept_all() {
  bool failed_before = false;
  while (!shared_.stopping) {
    auto [ec, socket] = co_await acceptor_.async_accept(kAwait);
    if (shared_.stopping) break;
    const bool failed_twice = std::exchange(failed_before, ec.failed()) && ec;
    if (!ec) {
      serve(std::move(socket));
      continue;
    }
    // EMFILE, ENFILE, ENOBUFS: accepting fails until something is closed. Close one connection and
    // try again at once; if that did not help, pause.
    const bool made_room = evict_one();
    if (made_room && !failed_twice) continue;
    accept_retry_.expires_after(kAcceptPause);
    co_await accept_retry_.async_wait(kAwait);
  }
}

void HttpServer::serve(tcp::socket socket) {
  if (connection_count_ >= settings_.connections_max && !evict_one()) return;  // refused: closed
  auto connection = std::make_unique<HttpServerConnection>(std::move(socket), shared_);
  shared_.connections.push_back(*connection);
  ++connection_count_;
  boost::asio::co_spawn(io_, run(std::move(connection)), [this](std::exception_ptr) {
    if (--connection_count_ == 0 && shared_.stopping) all_done_.cancel();
  });
}

/// Closes the connection whose last complete request is oldest, of those that wait for their client.
/// False where all are being answered.
bool HttpServer::evict_one() {
  const auto oldest =
      std::ranges::find_if(shared_.connections, &HttpServerConnection::waits_for_client);
  if (oldest == shared_.connections.end()) return false;
  oldest->close();
  return true;
}

Task<void> HttpServer::sweep_periodically() {
  const auto period = sweep_period(settings_.timeouts);
  while (!stopped_) {
    sweep_timer_.expires_after(period);
    co_await sweep_timer_.async_wait(kAwait);
    sweep();
  }
}

void HttpServer::sweep() {
  shared_.now = std::chrono::steady_clock::now();
  shared_.date =
      format_http_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  for (HttpServerConnection& connection : shared_.connections) connection.check_deadline();
}

Task<bool> HttpServer::stop() {
  shared_.stopping = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_retry_.cancel();
  for (HttpServerConnection& connection : shared_.connections) {
    if (connection.is_idle()) connection.close();
  }
  all_done_.expires_after(settings_.stop_grace);
  if (connection_count_ > 0) co_await all_done_.async_wait(kAwait);

  const bool all_finished = connection_count_ == 0;
  for (HttpServerConnection& connection : shared_.connections) connection.close();
  stopped_ = true;
  sweep_timer_.cancel();
  co_return all_finished;
}

}  // namespace orderflow
