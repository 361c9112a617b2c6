#include "adapters/aws/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/aws/sigv4.h"
#include "support/environment.h"
#include "support/scripted_server.h"

namespace orderflow::aws {
namespace {

using namespace std::chrono_literals;

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// A deadline that no test reaches, unless what it proves is broken.
constexpr auto kLong = 60s;
constexpr const char* kTarget = "DynamoDB_20120810.GetItem";

Reply error(int status, const std::string& name) {
  return Reply::answer(status, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + name + R"("})");
}

class ClientTest : public testing::Test {
 protected:
  /// Serves the script and calls once.
  Result<Answer> call(std::vector<Reply> script, Deadline deadline = in(kLong)) {
    start(std::move(script));
    return call(deadline);
  }
  void start(std::vector<Reply> script) {
    server_.emplace(io_, std::move(script));
    connect_to(server_->url());
  }
  void connect_to(const std::string& url) {
    Settings settings;
    settings.region = "eu-central-1";
    settings.endpoint_url = url;
    client_.emplace(io_.get_executor(), settings);
  }
  Result<Answer> call(Deadline deadline = in(kLong)) {
    return run(io_, client_->call(Service::DynamoDb, kTarget, "{}", deadline));
  }

  Environment environment_{{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                           {"AWS_SECRET_ACCESS_KEY", "secret"}};
  boost::asio::io_context io_{1};
  std::optional<ScriptedServer> server_;
  std::optional<Client> client_;
};

TEST_F(ClientTest, ASuccessIsTheAnswer) {
  const auto answer = call({Reply::answer(200, R"({"Item":{}})")});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(answer->body, R"({"Item":{}})");
  EXPECT_EQ(answer->error, "");
}

TEST_F(ClientTest, SignsWhatItSends) {
  environment_.set("AWS_SESSION_TOKEN", "session");
  ASSERT_TRUE(call({Reply::answer(200, "{}")}));
  const auto& request = server_->seen().at(0).request;
  EXPECT_EQ(request.method_string(), "POST");
  EXPECT_EQ(request.target(), "/");
  EXPECT_EQ(request["content-type"], "application/x-amz-json-1.0");
  EXPECT_EQ(request["x-amz-target"], kTarget);
  EXPECT_EQ(request["x-amz-security-token"], "session");

  const std::string date(request["x-amz-date"]);
  const std::string host(request["host"]);
  SignedRequest expected{"POST", "/", "", {}, "{}"};
  expected.headers = {{"content-type", "application/x-amz-json-1.0"},
                      {"host", host},
                      {"x-amz-date", date},
                      {"x-amz-security-token", "session"},
                      {"x-amz-target", kTarget}};
  Signer signer("eu-central-1", "dynamodb");
  EXPECT_EQ(request["authorization"],
            signer.authorization(expected, date, {"AKIDEXAMPLE", "secret", "session"}));
}

TEST_F(ClientTest, SpeaksTheProtocolOfTheService) {
  start({Reply::answer(200, "{}")});
  ASSERT_TRUE(run(io_, client_->call(Service::Ssm, "AmazonSSM.GetParameter", "{}", in(kLong))));
  const auto& request = server_->seen().at(0).request;
  EXPECT_EQ(request["content-type"], "application/x-amz-json-1.1");
  EXPECT_NE(request["authorization"].find("/eu-central-1/ssm/aws4_request"), std::string::npos);
}

TEST_F(ClientTest, KeepsTheConnection) {
  start({Reply::answer(200, "{}")});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(call());
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(ClientTest, TriesAgainWhenThrottled) {
  const auto answer = call({error(400, "ProvisionedThroughputExceededException"),
                            error(400, "ThrottlingException"), Reply::answer(200, "{}")});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(server_->seen().size(), 3U);
}

TEST_F(ClientTest, TriesAgainAfterAServerError) {
  const auto answer = call({error(500, "InternalServerError"),
                            Reply::answer(503, "<html>down</html>"), Reply::answer(200, "{}")});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(server_->seen().size(), 3U);
}

TEST_F(ClientTest, TriesAgainWhenTheConnectionBreaks) {
  const auto answer = call({Reply::close(), Reply::cut_off(), Reply::answer(200, "{}")});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(server_->seen().size(), 3U);
  EXPECT_EQ(server_->connections(), 3);
}

TEST_F(ClientTest, AFailedConditionIsAnAnswerAndNeverTriedAgain) {
  for (const char* name : {"ConditionalCheckFailedException", "TransactionCanceledException",
                           "ValidationException", "ResourceNotFoundException"}) {
    const auto answer = call({error(400, name), Reply::answer(200, "{}")});
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_FALSE(answer->ok());
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(answer->error, name);
    EXPECT_NE(answer->body.find(name), std::string::npos) << "the reasons are the caller's to read";
    EXPECT_EQ(server_->seen().size(), 1U);
  }
}

TEST_F(ClientTest, GivesUpByTheDeadlineAndSaysWhy) {
  const std::pair<Reply, ErrorCode> cases[] = {
      {error(400, "ThrottlingException"), ErrorCode::Throttled},
      {error(500, "InternalServerError"), ErrorCode::Unavailable},
      {Reply::close(), ErrorCode::Unavailable},
      {Reply::cut_off(), ErrorCode::Unavailable}};
  for (const auto& [reply, code] : cases) {
    const auto answer = call({reply}, in(300ms));
    ASSERT_FALSE(answer);
    // A try that was under way when the time ran out is a timeout.
    EXPECT_THAT(answer.error().code, testing::AnyOf(code, ErrorCode::Timeout));
    EXPECT_TRUE(answer.error().detail.starts_with(kTarget)) << answer.error().detail;
  }
}

TEST_F(ClientTest, ASilentServerIsATimeout) {
  const auto answer = call({Reply::hang()}, in(200ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
  EXPECT_EQ(server_->seen().size(), 1U);
}

TEST_F(ClientTest, AnAnswerThatStopsHalfwayIsATimeout) {
  Reply half = Reply::cut_off();
  half.then = Reply::Then::Hang;
  const auto answer = call({half}, in(200ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
}

TEST_F(ClientTest, ATimeoutDoesNotPoisonTheNextCall) {
  start({Reply::hang(), Reply::answer(200, R"({"second":true})")});
  ASSERT_FALSE(call(in(100ms)));
  const auto answer = call();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, R"({"second":true})");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(ClientTest, NobodyListeningIsUnavailable) {
  boost::asio::ip::tcp::acceptor taken(io_, {boost::asio::ip::address_v4::loopback(), 0});
  const std::uint16_t port = taken.local_endpoint().port();
  taken.close();
  connect_to("http://127.0.0.1:" + std::to_string(port));
  const auto answer = call(in(200ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unavailable);
}

TEST_F(ClientTest, ADeadlineInThePastSendsNothing) {
  const auto answer = call({Reply::answer(200, "{}")}, in(-1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(ClientTest, AnEndpointThatIsNoUrlIsRefused) {
  connect_to("ftp://127.0.0.1");
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidInput);
}

TEST_F(ClientTest, WithoutCredentialsNothingIsSent) {
  environment_.unset("AWS_ACCESS_KEY_ID");
  environment_.unset("AWS_SECRET_ACCESS_KEY");
  environment_.set("AWS_EC2_METADATA_DISABLED", "true");
  const auto answer = call({Reply::answer(200, "{}")});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidInput);
  EXPECT_TRUE(server_->seen().empty());
}

}  // namespace
}  // namespace orderflow::aws
