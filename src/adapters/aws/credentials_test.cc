#include "adapters/aws/credentials.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/time.h"
#include "support/environment.h"
#include "support/scripted_server.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

ScriptedReply document(const std::string& key, std::chrono::seconds lasts) {
  const auto expiry = std::chrono::floor<Duration>(std::chrono::system_clock::now() + lasts);
  return ScriptedReply::answer(
      200, R"({"Code":"Success","AccessKeyId":")" + key +
               R"(","SecretAccessKey":"secret","Token":"session","Expiration":")" +
               format_rfc3339(expiry) + R"("})");
}

class CredentialsTest : public testing::Test {
 protected:
  /// Serves the script where the container's endpoint is.
  void serve_container(std::vector<ScriptedReply> script) {
    server_.emplace(io_, std::move(script));
    environment_.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_->url() + "/creds?task=1");
    open();
  }
  void serve_metadata(std::vector<ScriptedReply> script) {
    server_.emplace(io_, std::move(script));
    environment_.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_->url() + "/");
    open();
  }
  void open() {
    source_ = std::make_shared<CredentialSource>(
        io_.get_executor(), CredentialOrigin::from_environment(), std::nullopt);
  }
  Result<std::shared_ptr<const Credentials>> get(std::chrono::milliseconds time = 60s) {
    return run(io_, source_->get(std::chrono::steady_clock::now() + time));
  }
  std::string key() {
    const auto credentials = get();
    return credentials ? (*credentials)->access_key_id : credentials.error().detail;
  }

  Environment environment_;
  boost::asio::io_context io_{1};
  std::optional<ScriptedServer> server_;
  std::shared_ptr<CredentialSource> source_;
};

TEST_F(CredentialsTest, OfTheEnvironmentComeFirst) {
  environment_.set("AWS_ACCESS_KEY_ID", "AKID");
  environment_.set("AWS_SECRET_ACCESS_KEY", "s");
  environment_.set("AWS_SESSION_TOKEN", "t");
  serve_container({document("OTHER", 6h)});
  const auto credentials = get();
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->access_key_id, "AKID");
  EXPECT_EQ((*credentials)->secret_access_key, "s");
  EXPECT_EQ((*credentials)->session_token, "t");
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(CredentialsTest, AHalfSetKeyNamesTheMissingVariable) {
  environment_.set("AWS_ACCESS_KEY_ID", "AKID");
  open();
  const auto credentials = get();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, ErrorCode::InvalidInput);
  EXPECT_TRUE(credentials.error().detail.starts_with("AWS_SECRET_ACCESS_KEY"));
}

TEST_F(CredentialsTest, ComeFromTheContainerAndAreKept) {
  environment_.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
  serve_container({document("FIRST", 6h), document("SECOND", 6h)});
  EXPECT_EQ(key(), "FIRST");
  EXPECT_EQ(key(), "FIRST");
  ASSERT_EQ(server_->seen().size(), 1U);
  const auto& request = server_->seen()[0].request;
  EXPECT_EQ(request.method_string(), "GET");
  EXPECT_EQ(request.target(), "/creds?task=1");
  EXPECT_EQ(request["authorization"], "Basic abc");
  EXPECT_EQ((*get())->session_token, "session");
}

TEST_F(CredentialsTest, TheTokenFileComesFirstAndIsReadForEachRenewal) {
  const auto path =
      std::filesystem::temp_directory_path() / ("orderflow_token_" + std::to_string(::getpid()));
  std::ofstream(path) << "one";
  environment_.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "unused");
  environment_.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path.string());
  serve_container({document("FIRST", 1min), document("SECOND", 1min)});
  EXPECT_EQ(key(), "FIRST");
  std::ofstream(path) << "two";
  EXPECT_EQ(key(), "SECOND");
  EXPECT_EQ(server_->seen().at(0).request["authorization"], "one");
  EXPECT_EQ(server_->seen().at(1).request["authorization"], "two");
  std::ofstream(path) << "x\r\nheader: injected";
  EXPECT_EQ(key(), "SECOND") << "still good for a minute";
  EXPECT_EQ(server_->seen().size(), 2U) << "such a token is not sent";
  std::filesystem::remove(path);
}

TEST_F(CredentialsTest, AreRenewedAheadOfTheirExpiry) {
  serve_container({document("FIRST", 5min), document("SECOND", 6h)});
  EXPECT_EQ(key(), "FIRST");
  EXPECT_EQ(key(), "SECOND");
  EXPECT_EQ(key(), "SECOND");
  EXPECT_EQ(server_->seen().size(), 2U);
}

TEST_F(CredentialsTest, StayInUseWhereARenewalFails) {
  serve_container({document("FIRST", 5min), ScriptedReply::answer(500, "")});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(key(), "FIRST");
  EXPECT_EQ(server_->seen().size(), 2U) << "and is not tried again at once";
}

TEST_F(CredentialsTest, AreNotReturnedOnceExpired) {
  serve_container({document("EXPIRED", -1s)});
  EXPECT_FALSE(get());
}

TEST_F(CredentialsTest, AreFetchedOnceForManyCallers) {
  serve_container({document("FIRST", 6h)});
  int got = 0;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(
        io_, source_->get(std::chrono::steady_clock::now() + 60s),
        [&](std::exception_ptr, const Result<std::shared_ptr<const Credentials>>& credentials) {
          if (credentials && (*credentials)->access_key_id == "FIRST") ++got;
        });
  }
  EXPECT_EQ(key(), "FIRST");
  while (got < 20) io_.run_one();
  EXPECT_EQ(server_->seen().size(), 1U);
}

TEST_F(CredentialsTest, AnAnswerWithoutCredentialsIsUnavailable) {
  for (const char* text : {"", "{}", "[]", R"({"AccessKeyId":"A","SecretAccessKey":"s"})",
                           R"({"AccessKeyId":"A\nx: y","SecretAccessKey":"s","Token":"t",)"
                           R"("Expiration":"2099-01-01T00:00:00Z"})"}) {
    serve_container({ScriptedReply::answer(200, text)});
    const auto credentials = get();
    ASSERT_FALSE(credentials) << text;
    EXPECT_EQ(credentials.error().code, ErrorCode::Unavailable);
  }
}

TEST_F(CredentialsTest, ASilentEndpointEndsWithTheDeadline) {
  serve_container({ScriptedReply::hang()});
  EXPECT_FALSE(get(100ms));
}

TEST_F(CredentialsTest, ComeFromTheMetadataServiceByItsVersion2) {
  serve_metadata({ScriptedReply::answer(200, "metadata-token"),
                  ScriptedReply::answer(200, "shop-role\n"), document("ROLE", 6h)});
  EXPECT_EQ(key(), "ROLE");
  ASSERT_EQ(server_->seen().size(), 3U);
  const auto& token = server_->seen()[0].request;
  EXPECT_EQ(token.method_string(), "PUT");
  EXPECT_EQ(token.target(), "/latest/api/token");
  EXPECT_NE(token["x-aws-ec2-metadata-token-ttl-seconds"], "");
  const auto& role = server_->seen()[2].request;
  EXPECT_EQ(role.target(), "/latest/meta-data/iam/security-credentials/shop-role");
  EXPECT_EQ(role["x-aws-ec2-metadata-token"], "metadata-token");
}

TEST_F(CredentialsTest, AMachineWithoutARoleIsUnavailable) {
  serve_metadata({ScriptedReply::answer(200, "metadata-token"), ScriptedReply::answer(404, "")});
  EXPECT_EQ(get().error().code, ErrorCode::Unavailable);
}

TEST_F(CredentialsTest, AreAnErrorThatNamesTheVariablesWhereNoneAreSet) {
  environment_.set("AWS_EC2_METADATA_DISABLED", "true");
  open();
  const auto credentials = get();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, ErrorCode::InvalidInput);
  EXPECT_NE(credentials.error().detail.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

TEST_F(CredentialsTest, ComeOverPlainHttpFromThisMachineOnly) {
  for (const char* url :
       {"http://127.0.0.1/x", "http://127.9.9.9:80/x", "http://localhost:1/x", "http://[::1]/x",
        "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/x",
        "https://example.com/x", "https://10.0.0.1"}) {
    environment_.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_TRUE(CredentialOrigin::from_environment()) << url;
  }
  for (const char* url :
       {"http://example.com/x", "http://10.0.0.1/x", "http://169.254.169.254/x",
        "http://localhost.example.com/x", "http://127.0.0.1.example.com/x", "ftp://127.0.0.1/x",
        "http://user@127.0.0.1/x", "/x", "127.0.0.1", "http://127.0.0.1/a b"}) {
    environment_.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    const auto origin = CredentialOrigin::from_environment();
    ASSERT_FALSE(origin) << url;
    EXPECT_TRUE(origin.error().detail.starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  }
}

TEST_F(CredentialsTest, ARelativeUriMeansTheContainersAgent) {
  environment_.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/id?a=b");
  const auto origin = CredentialOrigin::from_environment();
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->container->host, "169.254.170.2");
  EXPECT_FALSE(origin->container->is_tls);
  EXPECT_EQ(origin->container_target, "/v2/credentials/id?a=b");
  environment_.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/");
  EXPECT_FALSE(CredentialOrigin::from_environment());
}

}  // namespace
}  // namespace orderflow
