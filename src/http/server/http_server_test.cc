// Connections: how long they last, who makes room, and how a server stops.

#include <boost/asio/detached.hpp>

#include "support/http_server_test.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

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

TEST_F(HttpServerTest, KeepsConnectionsOpenAsTheirVersionSays) {
  start();
  const struct {
    std::string bytes;
    bool stays;
    bool says_keep_alive;
  } cases[] = {
      {"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", true, false},
      {"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, false},
      {"GET /echo HTTP/1.0\r\n\r\n", false, false},
      {"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    RawClient client = connect();
    client.send(c.bytes);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.has("Connection: close\r\n"), !c.stays);
    EXPECT_EQ(answer.has("Connection: keep-alive\r\n"), c.says_keep_alive);
    if (!c.stays) {
      EXPECT_TRUE(client.closes());
    } else {
      client.send(get(""));
      EXPECT_EQ(client.read_answer().status, 200);
    }
  }
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

TEST_F(HttpServerTest, Answers408ToSlowHeadersAndBodies) {
  start({.timeouts = {.header = 100ms, .body = 100ms}});
  for (const std::string& bytes : {"GET /echo HT"s, "GET /echo HTTP/1.1\r\nHost: a\r\n"s,
                                   post("Content-Length: 10\r\n", "hello"),
                                   post("Transfer-Encoding: chunked\r\n", "5\r\nhe")}) {
    RawClient client = connect();
    client.send(bytes);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 408) << bytes;
    EXPECT_TRUE(answer.has("Connection: close\r\n"));
    EXPECT_TRUE(client.closes());
  }
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

}  // namespace
}  // namespace orderflow
