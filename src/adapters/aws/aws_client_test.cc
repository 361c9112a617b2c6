#include "adapters/aws/aws_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/aws/sigv4.h"
#include "support/certificates.h"
#include "support/environment.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// A deadline that no test reaches, unless what it proves is broken.
constexpr auto kLong = 60s;
constexpr const char* kTarget = "DynamoDB_20120810.GetItem";

ScriptedReply error(int status, const std::string& name) {
  return ScriptedReply::answer(status,
                               R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + name + R"("})");
}

class AwsClientTest : public testing::Test {
 protected:
  /// Serves the script and calls once.
  Result<AwsAnswer> call(std::vector<ScriptedReply> script, Deadline deadline = in(kLong)) {
    start(std::move(script));
    return call(deadline);
  }
  void start(std::vector<ScriptedReply> script) {
    server_.emplace(io_, std::move(script));
    connect_to(server_->url());
  }
  void connect_to(const std::string& url, std::optional<std::string> ca_bundle = std::nullopt) {
    AwsSettings settings;
    settings.region = "eu-central-1";
    settings.endpoint_url = url;
    settings.ca_bundle = std::move(ca_bundle);
    client_.emplace(io_.get_executor(), settings);
  }
  Result<AwsAnswer> call(Deadline deadline = in(kLong)) {
    return run(io_, client_->call(AwsService::DynamoDb, kTarget, "{}", deadline));
  }

  Environment environment_{{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                           {"AWS_SECRET_ACCESS_KEY", "secret"}};
  boost::asio::io_context io_{1};
  std::optional<ScriptedServer> server_;
  std::optional<AwsClient> client_;
};

TEST_F(AwsClientTest, ReturnsTheAnswer) {
  const auto answer = call({ScriptedReply::answer(200, R"({"Item":{}})")});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(answer->body, R"({"Item":{}})");
  EXPECT_EQ(answer->error, "");
}

TEST_F(AwsClientTest, SignsWhatItSends) {
  environment_.set("AWS_SESSION_TOKEN", "session");
  ASSERT_TRUE(call({ScriptedReply::answer(200, "{}")}));
  const auto& request = server_->seen().at(0).request;
  EXPECT_EQ(request.method_string(), "POST");
  EXPECT_EQ(request.target(), "/");
  EXPECT_EQ(request["content-type"], "application/x-amz-json-1.0");
  EXPECT_EQ(request["x-amz-target"], kTarget);
  EXPECT_EQ(request["x-amz-security-token"], "session");

  const std::string date(request["x-amz-date"]);
  const std::string host(request["host"]);
  SignedRequest expected{"/", {}, "{}"};
  expected.headers = {{"content-type", "application/x-amz-json-1.0"},
                      {"host", host},
                      {"x-amz-date", date},
                      {"x-amz-security-token", "session"},
                      {"x-amz-target", kTarget}};
  Signer signer("eu-central-1", "dynamodb");
  EXPECT_EQ(request["authorization"],
            signer.authorization(expected, date, {"AKIDEXAMPLE", "secret", "session"}));
}

TEST_F(AwsClientTest, UsesTheProtocolOfTheService) {
  start({ScriptedReply::answer(200, "{}")});
  ASSERT_TRUE(run(io_, client_->call(AwsService::Ssm, "AmazonSSM.GetParameter", "{}", in(kLong))));
  const auto& request = server_->seen().at(0).request;
  EXPECT_EQ(request["content-type"], "application/x-amz-json-1.1");
  EXPECT_NE(request["authorization"].find("/eu-central-1/ssm/aws4_request"), std::string::npos);
}

TEST_F(AwsClientTest, TriesAgainWhatMaySucceedLater) {
  const std::pair<const char*, std::vector<ScriptedReply>> cases[] = {
      {"throttled",
       {error(400, "ProvisionedThroughputExceededException"), error(400, "ThrottlingException")}},
      {"a server error",
       {error(500, "InternalServerError"), ScriptedReply::answer(503, "<html>down</html>")}},
      {"a transaction under way",
       {error(400, "TransactionConflictException"), error(400, "TransactionInProgressException")}},
      {"a broken connection", {ScriptedReply::close(), ScriptedReply::cut_off()}}};
  for (const auto& [what, failures] : cases) {
    std::vector<ScriptedReply> script = failures;
    script.push_back(ScriptedReply::answer(200, "{}"));
    const auto answer = call(std::move(script));
    ASSERT_TRUE(answer) << what << ": " << answer.error().detail;
    EXPECT_EQ(server_->seen().size(), 3U) << what;
  }
}

TEST_F(AwsClientTest, ReturnsAFailedConditionWithoutTryingAgain) {
  for (const char* name : {"ConditionalCheckFailedException", "TransactionCanceledException",
                           "ValidationException", "ResourceNotFoundException"}) {
    const auto answer = call({error(400, name), ScriptedReply::answer(200, "{}")});
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_FALSE(answer->ok());
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(answer->error, name);
    EXPECT_NE(answer->body.find(name), std::string::npos) << "the reasons are the caller's to read";
    EXPECT_EQ(server_->seen().size(), 1U);
  }
}

TEST_F(AwsClientTest, KnowsThatAServiceIsDownUntilItAnswers) {
  bool down = true;
  server_.emplace(io_, [&down](const ScriptedServer::Request&) {
    return down ? ScriptedReply::close() : error(400, "ValidationException");
  });
  connect_to(server_->url());
  EXPECT_TRUE(client_->is_answered_by(AwsService::DynamoDb));
  for (int calls = 1; calls <= AwsClient::kUnansweredMax; ++calls) {
    EXPECT_FALSE(call(in(300ms)));
    EXPECT_EQ(client_->is_answered_by(AwsService::DynamoDb), calls < AwsClient::kUnansweredMax);
  }
  EXPECT_TRUE(client_->is_answered_by(AwsService::Sqs));
  down = false;
  EXPECT_FALSE(call()->ok());
  EXPECT_TRUE(client_->is_answered_by(AwsService::DynamoDb)) << "a refusal is an answer";
}

TEST_F(AwsClientTest, GivesUpByTheDeadlineAndSaysWhy) {
  const std::pair<ScriptedReply, ErrorCode> cases[] = {
      {error(400, "ThrottlingException"), ErrorCode::Throttled},
      {error(500, "InternalServerError"), ErrorCode::Unavailable},
      {ScriptedReply::close(), ErrorCode::Unavailable},
      {ScriptedReply::cut_off(), ErrorCode::Unavailable}};
  for (const auto& [reply, code] : cases) {
    const auto answer = call({reply}, in(300ms));
    ASSERT_FALSE(answer);
    // A try that was under way when the time ran out is a timeout.
    EXPECT_THAT(answer.error().code, testing::AnyOf(code, ErrorCode::Timeout));
    EXPECT_TRUE(answer.error().detail.starts_with(kTarget)) << answer.error().detail;
  }
}

TEST_F(AwsClientTest, TimesOutWhereNoAnswerComesOrHalfOfOne) {
  ScriptedReply half = ScriptedReply::cut_off();
  half.then = ScriptedReply::Then::Hang;
  for (const ScriptedReply& reply : {ScriptedReply::hang(), half}) {
    const auto answer = call({reply}, in(200ms));
    ASSERT_FALSE(answer) << reply.text;
    EXPECT_EQ(answer.error().code, ErrorCode::Timeout) << reply.text;
    EXPECT_EQ(server_->seen().size(), 1U) << reply.text;
  }
}

TEST_F(AwsClientTest, ATryThatHangsDoesNotUseUpTheTimeOfTheCall) {
  start({ScriptedReply::hang(), ScriptedReply::hang(), ScriptedReply::answer(200, "{}")});
  const auto answer = run(io_, client_->call(AwsService::DynamoDb, kTarget, "{}", in(kLong), 50ms));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(server_->seen().size(), 3U);
}

TEST_F(AwsClientTest, TheNextCallAfterATimeoutHasItsOwnAnswer) {
  start({ScriptedReply::hang(), ScriptedReply::answer(200, R"({"second":true})")});
  ASSERT_FALSE(call(in(100ms)));
  const auto answer = call();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, R"({"second":true})");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(AwsClientTest, ReturnsUnavailableWhereNoServerListens) {
  boost::asio::ip::tcp::acceptor taken(io_, {boost::asio::ip::address_v4::loopback(), 0});
  const std::uint16_t port = taken.local_endpoint().port();
  taken.close();
  connect_to("http://127.0.0.1:" + std::to_string(port));
  const auto answer = call(in(200ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unavailable);
}

TEST_F(AwsClientTest, ADeadlineInThePastSendsNothing) {
  const auto answer = call({ScriptedReply::answer(200, "{}")}, in(-1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(AwsClientTest, RefusesAnEndpointThatIsNotAUrl) {
  connect_to("ftp://127.0.0.1");
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidInput);
}

TEST_F(AwsClientTest, WithoutCredentialsNothingIsSent) {
  environment_.unset("AWS_ACCESS_KEY_ID");
  environment_.unset("AWS_SECRET_ACCESS_KEY");
  environment_.set("AWS_EC2_METADATA_DISABLED", "true");
  const auto answer = call({ScriptedReply::answer(200, "{}")});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidInput);
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(AwsClientTest, TrustsTheCaBundleOfTheSettings) {
  const TestAuthority authority;
  const auto tls = std::make_shared<boost::asio::ssl::context>(authority.server("IP:127.0.0.1"));
  server_.emplace(io_, std::vector{ScriptedReply::answer(200, "{}")}, tls);
  connect_to(server_->url());
  const auto refused = call();
  ASSERT_FALSE(refused) << "neither the Amazon roots nor the system's bundle has this authority";
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_NE(refused.error().detail.find("certificate"), std::string::npos);
  EXPECT_TRUE(server_->seen().empty());

  const TemporaryFolder folder;
  const auto bundle = folder.path() / "bundle.pem";
  std::ofstream(bundle) << authority.root_pem();
  connect_to(server_->url(), bundle.string());
  const auto answer = call();
  ASSERT_TRUE(answer) << answer.error().detail;
}

}  // namespace
}  // namespace orderflow
