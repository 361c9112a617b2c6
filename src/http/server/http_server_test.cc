// Connections: how long they last, who makes room, and how a server stops; and the requests that
// look unusual and are valid. tests/e2e has the refused ones (test_bad_input.py) and what clients
// may rely on (test_http.py).

#include "http/server/http_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "support/raw_client.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

using testing::Answer;
using testing::RawClient;

/// A copy of what the observer of the server received.
struct SeenExchange {
  std::string method, route;
  int status = 0;
  std::size_t bytes = 0;
};

/// A server on a thread of its own. /echo answers with method, target, size of the body and its
/// first 100 bytes; /wait does when release() is called; /big answers with 64 MiB; /throw throws.
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
    seen_.push_back({std::string(exchange.method), std::string(exchange.route), exchange.status,
                     exchange.bytes});
  }
  SeenExchange last_seen() {
    const std::lock_guard lock(mutex_);
    return seen_.empty() ? SeenExchange{} : seen_.back();
  }

  boost::asio::io_context io_{1};
  boost::asio::steady_timer gate_{io_, std::chrono::steady_clock::time_point::max()};
  std::atomic<int> waiting_ = 0;
  std::optional<HttpServer> server_;
  std::mutex mutex_;
  std::vector<SeenExchange> seen_;
  std::jthread thread_;
};

void await(const auto& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(condition());
}

std::string get(std::string_view headers) {
  return "GET /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}
std::string post(std::string_view headers, std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST_F(HttpServerTest, AnswersAClientThatHalfClosesAfterItsRequest) {
  start();
  RawClient client = connect();
  client.send(get(""));
  client.half_close();
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.closes());
}

TEST_F(HttpServerTest, TheObserverGetsTheRouteAndAKnownMethod) {
  start();
  const Answer answer = ask("BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const SeenExchange seen = last_seen();
  EXPECT_EQ(seen.method, "OTHER");
  EXPECT_EQ(seen.route, "/echo");
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.bytes, answer.head.size() + answer.body.size());
}

TEST_F(HttpServerTest, TheObserverGetsARefusedRequestWithoutARoute) {
  start();
  ask(get("Host: b\r\n"));
  EXPECT_EQ(last_seen().status, 400);
  EXPECT_EQ(last_seen().route, "");
}

TEST_F(HttpServerTest, Answers500WhereTheHandlerThrows) {
  start();
  RawClient client = connect();
  client.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("a bug"), std::string::npos);
  client.send(get(""));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpServerTest, ATrickleOfHeaderBytesDoesNotExtendTheTime) {
  start({.timeouts = {.header = 200ms}});
  RawClient client = connect();
  while (!client.answers_within(5ms)) ASSERT_TRUE(client.send("G"));
  EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionWithoutAnAnswer) {
  start({.timeouts = {.idle = 100ms}});
  RawClient fresh = connect();
  EXPECT_TRUE(fresh.closes());
  RawClient used = connect();
  used.send(get(""));
  EXPECT_EQ(used.read_answer().status, 200);
  EXPECT_TRUE(used.closes());
}

TEST_F(HttpServerTest, ClosesTheConnectionOfAClientThatDoesNotRead) {
  start({.timeouts = {.write = 200ms}});
  RawClient client = connect();
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.answers_within(10s)) << "the answer has begun, and is not read";
  await([&] { return server_->connection_count() == 0; });
  EXPECT_LT(client.read_answer().body.size(), 64u << 20);
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWhole) {
  start();
  EXPECT_EQ(ask("GET /big HTTP/1.1\r\nHost: a\r\n\r\n").body.size(), 64u << 20);
}

TEST_F(HttpServerTest, AFloodOfIdleConnectionsLeavesRoomForHealth) {
  start({.connections_max = 16});
  std::vector<RawClient> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(connect());
    if (i % 2 == 0) idle.back().send("GET /ech");  // and slow ones
  }
  expect_healthy();
  EXPECT_LE(server_->connection_count(), 17u);
  EXPECT_TRUE(idle.front().closes());  // the oldest made room
  idle.back().send(get(""));
  EXPECT_EQ(idle.back().read_answer().status, 200);
}

TEST_F(HttpServerTest, AConnectionThatIsBeingAnsweredIsNotEvicted) {
  start({.connections_max = 4});
  RawClient working = connect();
  working.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  await([&] { return waiting_ == 1; });
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(connect());
  expect_healthy();
  release();
  EXPECT_EQ(working.read_answer().status, 200);
}

TEST_F(HttpServerTest, StopFinishesWhatIsInFlightAndClosesWhatIsIdle) {
  start();
  RawClient idle = connect();
  idle.send(get(""));
  EXPECT_EQ(idle.read_answer().status, 200);
  RawClient half = connect();
  half.send("GET /echo HTTP/1.1\r\nHo");
  RawClient working = connect();
  working.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + get(""));
  await([&] { return waiting_ == 1; });

  auto stopped = stop();
  EXPECT_TRUE(idle.closes());
  half.send("st: a\r\n\r\n");
  const Answer finished = half.read_answer();
  EXPECT_EQ(finished.status, 200);
  EXPECT_TRUE(finished.has("Connection: close\r\n"));
  EXPECT_FALSE(connect().connected());

  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  release();
  const Answer answer = working.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Connection: close\r\n"));
  EXPECT_TRUE(working.closes());
  half.half_close();
  EXPECT_TRUE(stopped.get());
  thread_.join();  // nothing is left for the loop to do
}

TEST_F(HttpServerTest, StopEndsTheSweepThatIsDueAtThatMoment) {
  for (int i = 0; i < 20; ++i) {
    boost::asio::io_context io{1};
    HttpServer server(io, {.timeouts = {.idle = 4ms}}, {}, {});
    ASSERT_TRUE(server.start());
    boost::asio::post(io, [&] {
      const auto begun = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() < begun + 2ms) continue;
      boost::asio::post(io, [&] {  // when the loop has seen that the timer is due
        boost::asio::co_spawn(io, server.stop(), boost::asio::detached);
      });
    });
    io.run_for(10s);
    ASSERT_TRUE(io.stopped()) << "something is left for the loop to do";
  }
}

TEST_F(HttpServerTest, StopGivesUpOnAHandlerAfterTheGrace) {
  start({.stop_grace = 100ms});
  RawClient working = connect();
  working.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  await([&] { return waiting_ == 1; });
  EXPECT_FALSE(stop().get());
  EXPECT_TRUE(working.closes());
  release();
  thread_.join();
}

TEST_F(HttpServerTest, RefusesAPortInUseAndABadAddress) {
  start();
  HttpServer taken(io_, {.port = server_->port()}, {}, {});
  const auto started = taken.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Unavailable);
  HttpServer nowhere(io_, {.address = "nowhere"}, {}, {});
  EXPECT_EQ(nowhere.start().error().code, ErrorCode::InvalidInput);
}

TEST_F(HttpServerTest, AnswersUnusualButValidRequests) {
  const std::string body(kBodyBytesMax, 'a');
  const std::string chunked = "Transfer-Encoding: Chunked\r\n";
  const struct {
    const char* what;
    std::string bytes;
    std::string begin;
  } cases[] = {
      {"plain", get(""), "GET /echo 0 "},
      {"empty lines first", "\r\n\r\n" + get(""), "GET /echo 0 "},
      {"absolute target", "GET http://a/echo?b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /echo?b 0 "},
      {"absolute without path", "GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0 "},
      {"a body", post("Content-Length: 5\r\n", "hello"), "POST /echo 5 hello"},
      {"an empty body", post("Content-Length: 0\r\n", ""), "POST /echo 0 "},
      {"the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
       "POST /echo 5 hello"},
      {"chunks", post(chunked, "3\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n"), "POST /echo 5 hello"},
      {"no chunk", post(chunked, "0\r\n\r\n"), "POST /echo 0 "},
      {"extensions and trailers", post(chunked, "5;a=b;c=\"d\"\r\nhello\r\n0\r\nX: y\r\n\r\n"),
       "POST /echo 5 hello"},
      {"the largest body", post("Content-Length: 262144\r\n", body), "POST /echo 262144 aaa"},
      {"the largest chunk", post(chunked, "40000\r\n" + body + "\r\n0\r\n\r\n"),
       "POST /echo 262144 aaa"},
      {"bytes above ASCII in a value", get("X: \xc3\xa9\r\n"), "GET /echo 0 "},
      {"no space after the colon", "GET /echo HTTP/1.1\r\nhost:a\r\n\r\n", "GET /echo 0 "},
      {"a method of its own", "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /echo 0 "},
  };
  start();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    RawClient client = connect();
    client.send(c.bytes);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.body.starts_with(c.begin)) << answer.body;
    client.send(get(""));  // and the next request is found where it starts
    EXPECT_EQ(client.read_answer().body, "GET /echo 0 ");
  }
}

TEST_F(HttpServerTest, TheLongestUriAndHeaderBlockAreAnswered) {
  start();
  const std::string uri = std::string("/").append(kUriBytesMax - 1, 'a');
  EXPECT_EQ(ask("GET " + uri + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  // "Host: a\r\n" is 9 bytes, "X: " 3 more.
  const std::string value(kHeaderBytesMax - 12, 'a');
  EXPECT_EQ(ask("GET " + uri + " HTTP/1.1\r\nHost: a\r\nX: " + value + "\r\n\r\n").status, 200);
  EXPECT_EQ(ask("GET " + uri + " HTTP/1.1\r\nHost: a\r\nX: " + value + "a\r\n\r\n").status, 431);
}

TEST_F(HttpServerTest, AnswersABadRequestAmongPipelinedOnesInItsPlace) {
  start();
  RawClient client = connect();
  client.send(get("") + get("") + get("Host: b\r\n") + get(""));
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(client.closes());
}

TEST_F(HttpServerTest, AnAnswerArrivesThoughTheBodyWasRefusedUnread) {
  start();
  RawClient client = connect();
  client.send(post("Content-Length: 500000\r\n", std::string(500'000, 'a')));
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_TRUE(client.closes());
}

std::string large_post(std::size_t sent) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" +
         std::string(sent, 'x');
}

TEST_F(HttpServerTest, EmptyLinesDoNotKeepAConnection) {
  start({.timeouts = {.idle = 200ms}});
  RawClient client = connect();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (client.send("\r\n") && !client.answers_within(10ms)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_TRUE(client.closes());
}

TEST_F(HttpServerTest, TheBodyThatIsLongestOnItsWayGivesWay) {
  start({.in_flight_bytes_max = 1'000'000});
  std::vector<RawClient> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(connect());
    slow.back().send(large_post(100'000));
    expect_healthy();
  }
  EXPECT_EQ(slow.front().read_answer().status, 503);
  EXPECT_TRUE(slow.front().closes());
  const Answer whole = ask(large_post(200'000));
  EXPECT_EQ(whole.status, 200);
  slow.back().send(std::string(100'000, 'x'));
  EXPECT_EQ(slow.back().read_answer().status, 200);
}

TEST_F(HttpServerTest, OneOfTwoBodiesThatAreReadAtOnceGivesWay) {
  start({.in_flight_bytes_max = 300'000});
  std::promise<void> sent;
  boost::asio::post(io_, [&sent] { sent.get_future().wait(); });
  RawClient first = connect();
  RawClient second = connect();
  first.send(large_post(200'000));
  second.send(large_post(200'000));
  sent.set_value();  // no read waits for bytes from now on
  const int statuses[] = {first.read_answer().status, second.read_answer().status};
  EXPECT_EQ(std::ranges::count(statuses, 200), 1);
  EXPECT_EQ(std::ranges::count(statuses, 503), 1);
}

TEST_F(HttpServerTest, ABodyCountsUntilItsRequestIsAnswered) {
  start({.in_flight_bytes_max = 500'000});
  // All of it comes with the first read, behind another request or not.
  const std::string body =
      "Transfer-Encoding: chunked\r\n\r\n4e20\r\n" + std::string(20'000, 'x') + "\r\n0\r\n\r\n";
  std::vector<RawClient> waiting;
  for (int i = 1; i <= 6; ++i) {
    waiting.push_back(connect());
    waiting.back().send((i % 2 == 0 ? get("") : "") + "POST /wait HTTP/1.1\r\nHost: a\r\n" + body);
    await([&] { return waiting_ == i; });
  }
  EXPECT_EQ(ask(large_post(200'000)).status, 503) << "what is being answered does not give way";
  expect_healthy();
  release();
  for (int i = 1; i <= 6; ++i) {
    if (i % 2 == 0) {
      EXPECT_EQ(waiting[i - 1].read_answer().status, 200);
    }
    EXPECT_EQ(waiting[i - 1].read_answer().status, 200);
  }
  EXPECT_EQ(ask(large_post(200'000)).status, 200);
}

TEST_F(HttpServerTest, ASmallRequestDoesNotCutOffAnAnswerBeyondTheBudget) {
  start({.in_flight_bytes_max = 1'000'000});
  RawClient client = connect();
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  await([&] { return last_seen().bytes > 64 << 20; });
  expect_healthy();
  EXPECT_EQ(client.read_answer().body.size(), 64u << 20);
}

/// The server has a part of the second request, and the client does not take the first answer.
TEST(HttpServerConnection, ALateAnswerDoesNotDropThePartOfABodyThatHasCome) {
  boost::asio::io_context io{1};
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  RawClient client(acceptor.local_endpoint().port(), 4'096);
  boost::asio::ip::tcp::socket socket = acceptor.accept();
  socket.set_option(boost::asio::socket_base::send_buffer_size(4'096));
  std::vector<std::size_t> bodies;
  HttpServerState state{.handler = [&bodies](HttpRequest request) -> Task<HttpResponse> {
                          bodies.push_back(request.body.size());
                          co_return HttpResponse{.body = std::string(60'000, 'a')};
                        },
                        .observer = {},
                        .now = std::chrono::steady_clock::now(),
                        .in_flight_bytes_max = 1'000'000};
  HttpServerConnection connection(std::move(socket), state);
  state.connections.push_back(connection);
  client.send(get("") + large_post(200'000));
  boost::asio::co_spawn(io, connection.run(), boost::asio::detached);
  std::jthread server([&io] { io.run(); });

  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(client.read_answer().status, 200);
  client.half_close();
  server.join();
  EXPECT_EQ(bodies, (std::vector<std::size_t>{0, 200'000}));
}

TEST_F(HttpServerTest, AnAnswerThatNobodyTakesGivesWay) {
  start({.in_flight_bytes_max = 100'000'000});
  RawClient first = connect();
  RawClient second = connect();
  first.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  await([&] { return last_seen().bytes > 64 << 20; });
  second.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(second.read_answer().body.size(), 64 << 20);
  EXPECT_LT(first.read_answer().body.size(), 64 << 20);
}

}  // namespace
}  // namespace orderflow
