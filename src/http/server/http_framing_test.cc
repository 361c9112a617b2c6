// Where a request ends, what is none, and what an answer looks like.

#include "base/limits.h"
#include "support/http_server_test.h"

namespace orderflow {
namespace {

using namespace std::string_literals;

struct Case {
  const char* what;
  std::string bytes;
  int status;
};

TEST_F(HttpServerTest, BadFramingIsAnsweredWithAProblemAndTheConnectionCloses) {
  const std::string long_line(kUriBytesMax + 1, 'a');
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<Case> cases = {
      {"length and chunked", post("Content-Length: 5\r\n" + chunked, "5\r\nhello\r\n0\r\n\r\n"),
       400},
      {"chunked and length", post(chunked + "Content-Length: 5\r\n", "5\r\nhello\r\n0\r\n\r\n"),
       400},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
      {"a list of two lengths", post("Content-Length: 5, 6\r\n", "hello!"), 400},
      {"length +5", post("Content-Length: +5\r\n", "hello"), 400},
      {"length -1", post("Content-Length: -1\r\n", "hello"), 400},
      {"length 0x10", post("Content-Length: 0x10\r\n", "hello"), 400},
      {"length 5 5", post("Content-Length: 5 5\r\n", "hello"), 400},
      {"length empty", post("Content-Length:\r\n", "hello"), 400},
      {"length beyond 64 bits", post("Content-Length: 18446744073709551616\r\n", ""), 400},
      {"chunk size overflow", post(chunked, "10000000000000000\r\n"), 400},
      {"chunk size +5", post(chunked, "+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size 0x5", post(chunked, "0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size empty", post(chunked, "\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk longer than its size", post(chunked, "3\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk line ends in LF", post(chunked, "5\nhello\r\n0\r\n\r\n"), 400},
      {"chunk data ends in LF", post(chunked, "5\r\nhello\n0\r\n\r\n"), 400},
      {"chunk extension too long", post(chunked, "5;a=" + std::string(2000, 'x') + "\r\n"), 400},
      {"chunk line without end", post(chunked, "5;a=" + std::string(40'000, 'x')), 400},
      {"length in a trailer", post(chunked, "0\r\nContent-Length: 5\r\n\r\n"), 400},
      {"folded trailer", post(chunked, "0\r\nA: b\r\n c\r\n\r\n"), 400},
      {"coding gzip", post("Transfer-Encoding: gzip\r\n", "x"), 400},
      {"coding gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"coding empty", post("Transfer-Encoding:\r\n", ""), 400},
      {"coding empty, and length", post("Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello"),
       400},
      {"coding identity", post("Transfer-Encoding: identity\r\n", "x"), 400},
      {"coding chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "x"), 400},
      {"coding xchunked", post("Transfer-Encoding: xchunked\r\n", "x"), 400},
      {"chunked twice", post(chunked + chunked, "0\r\n\r\n"), 400},
      {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", 400},
      {"request line ends in LF", "GET /echo HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"header ends in LF", "GET /echo HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"all lines end in LF", "GET /echo HTTP/1.1\nHost: a\n\n", 400},
      {"a line ends in CR", "GET /echo HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
      {"folded header", get("X: a\r\n b\r\n"), 400},
      {"folded with a tab", get("X: a\r\n\tb\r\n"), 400},
      {"folded, first line empty", get("X:\r\n b\r\n"), 400},
      {"folded, second line empty", get("X: a\r\n \r\n"), 400},
      {"folded length", post("Content-Length:\r\n 5\r\n", "hello"), 400},
      {"first header is a fold", "GET /echo HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"NUL in a value", get("X: a\0b\r\n"s), 400},
      {"NUL in a name", get("X\0: a\r\n"s), 400},
      {"control in a value", get("X: a\x01\r\n"), 400},
      {"DEL in a value", get("X: a\x7f\r\n"), 400},
      {"space before the colon", get("X : a\r\n"), 400},
      {"no colon", get("X\r\n"), 400},
      {"no name", get(": a\r\n"), 400},
      {"no Host", "GET /echo HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get("Host: a\r\n"), 400},
      {"a Host that is a path", "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"two Hosts in one", "GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"two Content-Types", get("Content-Type: a/b\r\nContent-Type: c/d\r\n"), 400},
      {"two Authorizations", get("Authorization: a\r\nAuthorization: b\r\n"), 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/0.9", "GET /echo\r\n\r\n", 400},
      {"HTTP/1.2", "GET /echo HTTP/1.2\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /ec ho HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target is no path", "GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target is *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"URI too long", "GET /" + long_line + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"URI without end", "GET /" + std::string(40'000, 'a'), 414},
      {"headers too large", get("X: " + std::string(kHeaderBytesMax, 'a') + "\r\n"), 431},
      {"header without end", "GET /echo HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'a'),
       431},
      {"declared body too large", post("Content-Length: 262145\r\n", ""), 413},
      {"chunk too large", post(chunked, "40001\r\n"), 413},
      {"chunks too large", post(chunked, "40000\r\n" + std::string(0x40000, 'a') + "\r\n1\r\n"),
       413},
      {"unknown expectation", post("Expect: a miracle\r\nContent-Length: 1\r\n", "x"), 417},
  };
  start();
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    RawClient client = connect();
    client.send(c.bytes);
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, c.status);
    EXPECT_TRUE(answer.has("Content-Type: application/problem+json\r\n"));
    EXPECT_TRUE(answer.has("Connection: close\r\n"));
    EXPECT_THAT(answer.body, ::testing::HasSubstr("\"status\":" + std::to_string(c.status)));
    EXPECT_THAT(answer.body, ::testing::HasSubstr("\"code\":\""));
    EXPECT_TRUE(client.closes());
    EXPECT_EQ(last_seen().status, c.status);
    EXPECT_EQ(last_seen().route, "");
  }
  expect_healthy();
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

TEST_F(HttpServerTest, ATruncatedRequestIsAnsweredWith400) {
  start();
  for (const std::string& bytes :
       {post("Content-Length: 10\r\n", "hello"), "GET /echo HTTP/1.1\r\nHo"s, "G"s,
        post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n")}) {
    RawClient client = connect();
    client.send(bytes);
    client.half_close();
    EXPECT_EQ(client.read_answer().status, 400) << bytes;
    EXPECT_TRUE(client.closes());
  }
}

TEST_F(HttpServerTest, EveryAnswerHasDateLengthAndRequestIdButNoServer) {
  start();
  const Answer answer = ask(get(""));
  EXPECT_THAT(answer.head,
              ::testing::ContainsRegex("\r\nDate: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                                       "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT\r\n"));
  EXPECT_TRUE(answer.has("Content-Length: 12\r\n"));
  EXPECT_THAT(answer.head, ::testing::ContainsRegex("\r\nX-Request-Id: [0-9a-f]{16}\r\n"));
  EXPECT_FALSE(answer.has("Server:"));
  EXPECT_FALSE(answer.has("Connection:"));
}

TEST_F(HttpServerTest, KeepsAClientsRequestIdIfItIsWellFormed) {
  start();
  EXPECT_TRUE(ask(get("X-Request-Id: a-B_9\r\n")).has("X-Request-Id: a-B_9\r\n"));
  EXPECT_EQ(last_seen().request_id, "a-B_9");
  for (const std::string& id : {"test@example.com"s, "a b"s, "\"a\""s, ""s, std::string(65, 'a')}) {
    const Answer answer = ask(get("X-Request-Id: " + id + "\r\n"));
    EXPECT_THAT(answer.head, ::testing::ContainsRegex("X-Request-Id: [0-9a-f]{16}\r\n")) << id;
    EXPECT_EQ(last_seen().request_id.size(), 16u);
  }
}

TEST_F(HttpServerTest, AnswersHeadAsGetWithoutTheBody) {
  start();
  RawClient client = connect();
  client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n" + get(""));
  const Answer head = client.read_answer(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.has("Content-Length: 12\r\n"));
  EXPECT_EQ(client.read_answer().body, "GET /echo 0 ");
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  constexpr int kCount = 2'000;  // several buffers full, so that requests are cut at any byte
  std::string bytes;
  for (int i = 0; i < kCount; ++i) {
    const std::string number = std::to_string(i);
    bytes += "POST /" + number + " HTTP/1.1\r\nHost: a\r\nX-Pad: " + std::string(i % 97, 'x') +
             "\r\nContent-Length: " + std::to_string(number.size()) + "\r\n\r\n" + number;
  }
  RawClient client = connect();
  std::jthread sender([&] { client.send(bytes); });
  for (int i = 0; i < kCount; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(client.read_answer().body,
              "POST /" + number + " " + std::to_string(number.size()) + " " + number);
  }
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

TEST_F(HttpServerTest, ARequestMayComeByteByByte) {
  start();
  for (const std::string& bytes :
       {post("Content-Length: 5\r\n", "hello"),
        post("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n")}) {
    RawClient client = connect();
    for (const char c : bytes) ASSERT_TRUE(client.send({&c, 1}));
    EXPECT_EQ(client.read_answer().body, "POST /echo 5 hello");
  }
  // Bare line feeds are found at once, not when the headers time out.
  RawClient client = connect();
  for (const char c : "GET /echo HTTP/1.1\nHost: a\n"s) client.send({&c, 1});
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST_F(HttpServerTest, AnEmptyLineBeforeARequestMayComeInTwoPieces) {
  start();
  RawClient client = connect();
  client.send(get("") + "\r");
  EXPECT_EQ(client.read_answer().status, 200);  // so that the server has read the first half
  client.send("\n");
  client.send(get(""));
  EXPECT_EQ(client.read_answer().body, "GET /echo 0 ");
}

TEST_F(HttpServerTest, ContinueIsSentToAClientThatExpectsIt) {
  start();
  RawClient client = connect();
  client.send(post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_answer().body, "POST /echo 5 hello");

  client.send(post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("again");
  EXPECT_EQ(client.read_answer().body, "POST /echo 5 again");

  client.send(post("Content-Length: 262145\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(HttpServerTest, AnAnswerArrivesThoughTheBodyWasRefusedUnread) {
  start();
  RawClient client = connect();
  client.send(post("Content-Length: 500000\r\n", std::string(500'000, 'a')));
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_TRUE(client.closes());
}

}  // namespace
}  // namespace orderflow
