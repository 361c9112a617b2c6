#include "adapters/aws/http_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/aws/client.h"
#include "adapters/aws/roots.h"
#include "support/certificates.h"
#include "support/environment.h"
#include "support/scripted_server.h"

namespace orderflow::aws {
namespace {

using namespace std::chrono_literals;
using Kind = HttpFault::Kind;

constexpr auto kLong = 60s;

class HttpPoolTest : public testing::Test {
 protected:
  void connect_to(const std::string& url, std::shared_ptr<TlsTrust> trust = nullptr) {
    pool_ = std::make_shared<HttpPool>(io_.get_executor(), *Endpoint::parse(url), std::move(trust));
  }
  void start(std::vector<Reply> script) {
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

TEST_F(HttpPoolTest, ReplacesAConnectionThatWasClosedMeanwhile) {
  start({Reply::answer_and_close(200, "one"), Reply::answer(200, "two")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "two");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(HttpPoolTest, ReplacesAConnectionThatClosesOnTheRequest) {
  start({Reply::answer(200, "one"), Reply::close(), Reply::answer(200, "three")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "three") << "the second request was sent again on a new connection";
  EXPECT_EQ(server_->seen().size(), 3U);
  EXPECT_EQ(server_->seen()[1].connection, 1);
  EXPECT_EQ(server_->seen()[2].connection, 2);
}

TEST_F(HttpPoolTest, DoesNotSendAgainWhereANewConnectionCloses) {
  start({Reply::close(), Reply::answer(200, "two")});
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Silent);
  EXPECT_EQ(server_->seen().size(), 1U);
}

TEST_F(HttpPoolTest, DoesNotSendAgainOnceAnAnswerHasBegun) {
  start({Reply::answer(200, "one"), Reply::cut_off(), Reply::answer(200, "three")});
  ASSERT_TRUE(exchange());
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Broken);
  EXPECT_EQ(server_->seen().size(), 2U);
}

TEST_F(HttpPoolTest, ClosesWhereTheServerSaysSo) {
  start({Reply::answer(200, "one", "Connection: close\r\n"), Reply::answer(200, "two")});
  EXPECT_EQ(exchange()->body, "one");
  EXPECT_EQ(exchange()->body, "two");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(HttpPoolTest, RefusesWhatIsNotHttp) {
  start({{"SSH-2.0-OpenSSH_9.2\r\n", Reply::Then::Close}});
  EXPECT_EQ(exchange().error().kind, Kind::Broken);
}

TEST_F(HttpPoolTest, BeyondItsLimitAnExchangeWaitsForItsTurn) {
  std::vector<Reply> script(HttpPool::kConnectionsMax, Reply::hang());
  script.push_back(Reply::answer(200, "the one that waited"));
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

TEST_F(HttpPoolTest, MayGoWhileExchangesAreUnderWay) {
  start({Reply::hang()});
  for (int i = 0; i < 3; ++i) {
    boost::asio::co_spawn(io_, pool_->exchange(request(), std::chrono::steady_clock::now() + kLong),
                          boost::asio::detached);
  }
  while (server_->seen().size() < 3) io_.run_one();
  pool_.reset();
}

class HttpPoolTlsTest : public HttpPoolTest {
 protected:
  void serve(const std::string& names, const std::string& host = "127.0.0.1") {
    context_ = std::make_shared<boost::asio::ssl::context>(authority_.server(names));
    server_.emplace(io_, std::vector{Reply::answer(200, "secret")}, context_);
    url_ = server_->url(host);
  }
  std::shared_ptr<TlsTrust> trust() {
    return std::make_shared<TlsTrust>(authority_.root_pem(), std::vector<std::string>{});
  }

  TestAuthority authority_;
  ScriptedServer::TlsContext context_;
  std::string url_;
};

TEST_F(HttpPoolTlsTest, ATrustedCertificateForTheAddressIsBelieved) {
  serve("IP:127.0.0.1");
  connect_to(url_, trust());
  for (int i = 0; i < 2; ++i) {
    const auto answer = exchange();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, "secret");
  }
  EXPECT_EQ(server_->connections(), 1) << "kept";
}

TEST_F(HttpPoolTlsTest, ATrustedCertificateForTheNameIsBelieved) {
  serve("DNS:localhost", "localhost");
  connect_to(url_, trust());
  const auto answer = exchange();
  ASSERT_TRUE(answer) << answer.error().detail;
}

TEST_F(HttpPoolTlsTest, AnUnknownAuthorityIsRefused) {
  serve("IP:127.0.0.1");
  const TestAuthority another;
  connect_to(url_, std::make_shared<TlsTrust>(another.root_pem(), std::vector<std::string>{}));
  const auto answer = exchange();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::Untrusted) << answer.error().detail;
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(HttpPoolTlsTest, ACertificateForAnotherHostIsRefused) {
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

TEST_F(HttpPoolTlsTest, OlderThanTls12IsRefused) {
  serve("IP:127.0.0.1");
  SSL_CTX_set_max_proto_version(context_->native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context_->native_handle(), 0);
  connect_to(url_, trust());
  EXPECT_EQ(exchange().error().kind, Kind::Unreachable);
}

TEST_F(HttpPoolTlsTest, AServerThatNeverShakesHandsIsATimeout) {
  boost::asio::ip::tcp::acceptor silent(io_, {boost::asio::ip::address_v4::loopback(), 0});
  connect_to("https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()), trust());
  EXPECT_EQ(exchange(100ms).error().kind, Kind::Timeout);
}

class HttpPoolBundleTest : public HttpPoolTlsTest {
 protected:
  HttpPoolBundleTest() { std::ofstream(path_) << authority_.root_pem(); }
  ~HttpPoolBundleTest() override { std::filesystem::remove(path_); }

  const std::string path_ = std::filesystem::temp_directory_path() /
                            ("orderflow_bundle_" + std::to_string(::getpid()) + ".pem");
};

TEST_F(HttpPoolBundleTest, IsReadOnceTheRootsDoNotSuffice) {
  serve("IP:127.0.0.1");
  const auto trust = std::make_shared<TlsTrust>(
      kAmazonRootsPem, std::vector<std::string>{path_ + ".missing", path_});
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

TEST_F(HttpPoolBundleTest, OfTheSettingsServesTheClient) {
  const Environment environment{{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                {"AWS_SECRET_ACCESS_KEY", "secret"}};
  serve("IP:127.0.0.1");
  Settings settings;
  settings.region = "us-east-1";
  settings.endpoint_url = url_;
  const auto call = [&] {
    Client client(io_.get_executor(), settings);
    return run(io_, client.call(Service::Sqs, "AmazonSQS.SendMessage", "{}",
                                std::chrono::steady_clock::now() + kLong));
  };
  const auto refused = call();
  ASSERT_FALSE(refused) << "the system does not trust it";
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_NE(refused.error().detail.find("certificate"), std::string::npos);
  EXPECT_TRUE(server_->seen().empty());
  settings.ca_bundle = path_;
  const auto answer = call();
  ASSERT_TRUE(answer) << answer.error().detail;
}

}  // namespace
}  // namespace orderflow::aws
