#include "http/client/http_pool.h"

#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "http/client/http_client_connection.h"
#include "http/client/request_text.h"
#include "support/certificates.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;
using Kind = HttpError::Kind;

constexpr auto kLong = 60s;

class HttpPoolTest : public testing::Test {
 protected:
  void connect_to(const std::string& url, std::shared_ptr<TlsTrust> trust = nullptr) {
    pool_ = std::make_shared<HttpPool>(io_.get_executor(), *Endpoint::parse(url), std::move(trust));
  }
  void start(std::vector<ScriptedReply> script) {
    server_.emplace(io_, std::move(script));
    connect_to(server_->url());
  }
  HttpResult<HttpAnswer> exchange(std::chrono::milliseconds time = kLong) {
    return run(io_, pool_->exchange(request(), std::chrono::steady_clock::now() + time));
  }
  static std::string request() { return request_text("GET", "/", {{"host", "test"}}, ""); }

  boost::asio::io_context io_{1};
  std::optional<ScriptedServer> server_;
  std::shared_ptr<HttpPool> pool_;
};

TEST_F(HttpPoolTest, ReplacesAnIdleConnectionThatTheServerClosed) {
  start({ScriptedReply::answer_and_close(200, "one"), ScriptedReply::answer(200, "two")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "two");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(HttpPoolTest, SendsAgainWhereAnIdleConnectionClosesOnTheRequest) {
  start({ScriptedReply::answer(200, "one"), ScriptedReply::close(),
         ScriptedReply::answer(200, "three")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "three") << "the second request was sent again on a new connection";
  EXPECT_EQ(server_->seen().size(), 3U);
  EXPECT_EQ(server_->seen()[1].connection, 1);
  EXPECT_EQ(server_->seen()[2].connection, 2);
}

TEST_F(HttpPoolTest, DoesNotSendAgainWhereANewConnectionCloses) {
  start({ScriptedReply::close(), ScriptedReply::answer(200, "two")});
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Silent);
  EXPECT_EQ(server_->seen().size(), 1U);
}

TEST_F(HttpPoolTest, DoesNotSendAgainOnceAnAnswerHasBegun) {
  start({ScriptedReply::answer(200, "one"), ScriptedReply::cut_off(),
         ScriptedReply::answer(200, "three")});
  ASSERT_TRUE(exchange());
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Broken);
  EXPECT_EQ(server_->seen().size(), 2U);
}

TEST_F(HttpPoolTest, DoesNotKeepAConnectionThatTheServerWillClose) {
  start({ScriptedReply::answer(200, "one", "Connection: close\r\n"),
         ScriptedReply::answer(200, "two")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "two");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(HttpPoolTest, RefusesWhatIsNotHttp) {
  start({{"SSH-2.0-OpenSSH_9.2\r\n", ScriptedReply::Then::Close}});
  EXPECT_EQ(exchange().error().kind, Kind::Broken);
}

TEST_F(HttpPoolTest, AnExchangeBeyondTheLimitWaitsForItsTurn) {
  std::vector<ScriptedReply> script(HttpPool::kConnectionsMax, ScriptedReply::hang());
  script.push_back(ScriptedReply::answer(200, "the one that waited"));
  start(std::move(script));
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  for (std::size_t i = 0; i < HttpPool::kConnectionsMax; ++i) {
    boost::asio::co_spawn(io_, pool_->exchange(request(), deadline), boost::asio::detached);
  }
  while (server_->seen().size() < HttpPool::kConnectionsMax) io_.run_one();
  EXPECT_EQ(exchange(50ms).error().kind, Kind::Timeout) << "its turn did not come in time";
  EXPECT_EQ(server_->seen().size(), HttpPool::kConnectionsMax);

  boost::asio::post(io_, [this] { server_->close_connections(); });
  const auto waited = exchange();
  ASSERT_TRUE(waited) << waited.error().detail;
  EXPECT_EQ(waited->body, "the one that waited");
}

TEST_F(HttpPoolTest, LivesUntilTheLastExchangeHasEnded) {
  start({ScriptedReply::hang()});
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    boost::asio::co_spawn(io_, pool_->exchange(request(), std::chrono::steady_clock::now() + kLong),
                          [&ended](std::exception_ptr, const HttpResult<HttpAnswer>&) { ++ended; });
  }
  run_until(io_, [&] { return server_->seen().size() == 3; });
  const std::weak_ptr<HttpPool> pool = std::exchange(pool_, nullptr);
  EXPECT_FALSE(pool.expired()) << "the exchanges still use it";
  server_->close_connections();
  run_until(io_, [&] { return ended == 3; });
  EXPECT_TRUE(pool.expired()) << "nothing uses it any more";
}

TEST_F(HttpPoolTest, AConnectionIsUsableUntilTheServerClosesIt) {
  start({ScriptedReply::answer(200, "one"), ScriptedReply::answer_and_close(200, "two")});
  HttpClientConnection connection(io_.get_executor(), pool_->endpoint(), nullptr);
  const std::string text = request();
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  ASSERT_TRUE(run(io_, connection.open(deadline)));
  ASSERT_TRUE(run(io_, connection.exchange(text, deadline)));
  EXPECT_TRUE(connection.is_usable());
  ASSERT_TRUE(run(io_, connection.exchange(text, deadline)));
  run_until(io_, [&] { return !connection.is_usable(); });  // throws if that never comes
}

class HttpPoolTlsTest : public HttpPoolTest {
 protected:
  void serve(const std::string& names, const std::string& host = "127.0.0.1") {
    context_ = std::make_shared<boost::asio::ssl::context>(authority_.server(names));
    server_.emplace(io_, std::vector{ScriptedReply::answer(200, "secret")}, context_);
    url_ = server_->url(host);
  }
  std::shared_ptr<TlsTrust> trust() {
    return std::make_shared<TlsTrust>(authority_.root_pem(), std::vector<std::string>{});
  }

  TestAuthority authority_;
  ScriptedServer::TlsContext context_;
  std::string url_;
};

TEST_F(HttpPoolTlsTest, AcceptsATrustedCertificateForTheAddressOrTheName) {
  for (const auto& [names, host] :
       {std::pair{"IP:127.0.0.1", "127.0.0.1"}, std::pair{"DNS:localhost", "localhost"}}) {
    serve(names, host);
    connect_to(url_, trust());
    for (int i = 0; i < 2; ++i) {
      const auto answer = exchange();
      ASSERT_TRUE(answer) << names << ": " << answer.error().detail;
      EXPECT_EQ(answer->body, "secret");
    }
    EXPECT_EQ(server_->connections(), 1) << "kept";
  }
}

TEST_F(HttpPoolTlsTest, RefusesACertificateOfAnUnknownAuthority) {
  serve("IP:127.0.0.1");
  const TestAuthority another;
  connect_to(url_, std::make_shared<TlsTrust>(another.root_pem(), std::vector<std::string>{}));
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Untrusted) << answer.error().detail;
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(HttpPoolTlsTest, RefusesACertificateForAnotherHost) {
  for (const auto& [names, host] :
       {std::pair{"DNS:example.com,IP:127.0.0.2", "127.0.0.1"},
        std::pair{"DNS:example.com", "localhost"}, std::pair{"DNS:*.localhost", "localhost"}}) {
    serve(names, host);
    connect_to(url_, trust());
    const auto answer = exchange();
    ASSERT_FALSE(answer) << names;
    EXPECT_EQ(answer.error().kind, Kind::Untrusted) << answer.error().detail;
    EXPECT_TRUE(server_->seen().empty());
  }
}

TEST_F(HttpPoolTlsTest, RefusesVersionsBeforeTls12) {
  serve("IP:127.0.0.1");
  SSL_CTX_set_max_proto_version(context_->native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context_->native_handle(), 0);
  connect_to(url_, trust());
  EXPECT_EQ(exchange().error().kind, Kind::Unreachable);
}

TEST_F(HttpPoolTlsTest, TimesOutWhereTheServerNeverShakesHands) {
  boost::asio::ip::tcp::acceptor silent(io_, {boost::asio::ip::address_v4::loopback(), 0});
  connect_to("https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()), trust());
  EXPECT_EQ(exchange(100ms).error().kind, Kind::Timeout);
}

class HttpPoolBundleTest : public HttpPoolTlsTest {
 protected:
  HttpPoolBundleTest() { std::ofstream(path_) << authority_.root_pem(); }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.path() / "bundle.pem";
};

TEST_F(HttpPoolBundleTest, IsReadWhereTheRootsDoNotSuffice) {
  serve("IP:127.0.0.1");
  const TestAuthority another("another root");
  const auto trust = std::make_shared<TlsTrust>(
      another.root_pem(), std::vector<std::string>{path_ + ".missing", path_});
  connect_to(url_, trust);
  EXPECT_FALSE(trust->has_bundle());
  const auto answer = exchange();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_TRUE(trust->has_bundle());
}

TEST_F(HttpPoolBundleTest, IsNotReadForAnotherHostsCertificate) {
  serve("DNS:example.com");
  const auto trust = std::make_shared<TlsTrust>(authority_.root_pem(), std::vector{path_});
  connect_to(url_, trust);
  EXPECT_EQ(exchange().error().kind, Kind::Untrusted);
  EXPECT_FALSE(trust->has_bundle());
}

}  // namespace
}  // namespace orderflow
