#include "http/client/http_pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/client/http_client_connection.h"
#include "http/client/tls_trust.h"

namespace orderflow {

namespace asio = boost::asio;

/// The right to one connection, or a place in the line for it. Its destructor passes the right on:
/// a coroutine that is destroyed while it waits, or while its exchange runs, gives it back too.
class HttpPool::Turn {
 public:
  Turn(std::shared_ptr<HttpPool> pool, Deadline deadline)
      : pool_(std::move(pool)), granted_(pool_->executor_, deadline) {
    has_it_ = pool_->exchanges_ < kConnectionsMax;
    if (has_it_) {
      ++pool_->exchanges_;
    } else {
      pool_->waiting_.push_back(this);
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!has_it_) {
      pool_->waiting_.remove(this);
    } else if (pool_->waiting_.empty()) {
      --pool_->exchanges_;
    } else {
      Turn* const next = pool_->waiting_.front();
      pool_->waiting_.pop_front();
      next->has_it_ = true;
      next->granted_.cancel();
    }
  }

  /// False where the deadline came first.
  Task<bool> wait() {
    if (!has_it_) co_await granted_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return has_it_;
  }

 private:
  const std::shared_ptr<HttpPool> pool_;
  asio::steady_timer granted_;
  bool has_it_ = false;
};

HttpPool::HttpPool(asio::any_io_executor executor, Endpoint endpoint,
                   std::shared_ptr<TlsTrust> trust)
    : executor_(std::move(executor)), endpoint_(std::move(endpoint)), trust_(std::move(trust)) {}

HttpPool::~HttpPool() = default;

Task<HttpResult<HttpAnswer>> HttpPool::exchange(std::string request, Deadline deadline) {
  Turn turn(shared_from_this(), deadline);
  const bool has_turn = co_await turn.wait();
  if (!has_turn) {
    co_return std::unexpected(HttpError{HttpError::Kind::Timeout, "all connections are in use"});
  }

  if (std::unique_ptr<HttpClientConnection> connection = take_idle()) {
    auto answer = co_await connection->exchange(request, deadline);
    // Only an idle connection can be stale, and only before an answer begins: a new connection that
    // breaks, or an answer that breaks off, is an error of this request.
    const bool was_stale = !answer && answer.error().kind == HttpError::Kind::Silent;
    if (!was_stale) {
      keep(std::move(connection));
      co_return answer;
    }
  }

  auto connection = std::make_unique<HttpClientConnection>(executor_, endpoint_, trust_.get());
  auto opened = co_await connection->open(deadline);
  if (!opened) co_return std::unexpected(std::move(opened).error());
  auto answer = co_await connection->exchange(request, deadline);
  keep(std::move(connection));
  co_return answer;
}

std::unique_ptr<HttpClientConnection> HttpPool::take_idle() {
  while (!idle_.empty()) {
    std::unique_ptr<HttpClientConnection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_usable()) return connection;
  }
  return nullptr;
}

void HttpPool::keep(std::unique_ptr<HttpClientConnection> connection) {
  if (connection->is_usable()) idle_.push_back(std::move(connection));
}

}  // namespace orderflow
