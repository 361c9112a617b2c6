#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "http/server/http_server.h"
#include "support/raw_client.h"

// A server for *_test.cc, and what is sent to it.
namespace orderflow {

using testing::Answer;
using testing::RawClient;

/// A copy of what the observer of the server received.
struct SeenExchange {
  std::string method, route, request_id;
  int status = 0;
  std::size_t bytes = 0;
};

/// A server on a thread of its own. /echo answers with the method, the target's length and the
/// body; /wait when release() is called; /big with 64 MiB; /throw throws.
class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpServerSettings settings = {}) {
    server_.emplace(
        io_, std::move(settings), [this](HttpRequest request) { return handle(request); },
        [this](const HttpExchange& exchange) { observe(exchange); });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().detail;
    thread_ = std::jthread([this] { io_.run(); });
  }

  void TearDown() override {
    release();
    if (!thread_.joinable()) return;
    EXPECT_TRUE(stop().get());
  }

  std::future<bool> stop() {
    return boost::asio::co_spawn(io_, server_->stop(), boost::asio::use_future);
  }
  void release() {
    boost::asio::post(io_, [this] { gate_.cancel(); });
  }
  RawClient connect() { return RawClient(server_->port()); }
  Answer ask(std::string_view bytes) {
    RawClient client = connect();
    client.send(bytes);
    return client.read_answer();
  }
  void expect_healthy() { EXPECT_EQ(ask("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").status, 200); }

  Task<HttpResponse> handle(HttpRequest request) {
    HttpResponse response{.content_type = "text/plain", .route = "/echo"};
    if (request.target == "/throw") throw std::runtime_error("a bug");
    if (request.target == "/big") response.body.assign(64 << 20, 'x');
    if (request.target == "/wait") {
      ++waiting_;
      gate_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await gate_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (response.body.empty()) {
      response.body = std::string(request.method) + " " + std::string(request.target) + " " +
                      std::to_string(request.body.size()) + " " +
                      std::string(request.body.substr(0, 100));
    }
    co_return response;
  }

  void observe(const HttpExchange& exchange) {
    const std::lock_guard lock(mutex_);
    seen_.push_back({std::string(exchange.method), std::string(exchange.route),
                     std::string(exchange.request_id), exchange.status, exchange.bytes});
  }
  SeenExchange last_seen() {
    const std::lock_guard lock(mutex_);
    return seen_.empty() ? SeenExchange{} : seen_.back();
  }

  boost::asio::io_context io_{1};
  boost::asio::steady_timer gate_{io_};
  std::atomic<int> waiting_ = 0;
  std::optional<HttpServer> server_;
  std::mutex mutex_;
  std::vector<SeenExchange> seen_;
  std::jthread thread_;
};

inline void await(const auto& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(condition());
}

inline std::string get(std::string_view headers) {
  return "GET /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}
inline std::string post(std::string_view headers, std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace orderflow
