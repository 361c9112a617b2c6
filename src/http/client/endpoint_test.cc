#include "adapters/aws/endpoint.h"

#include <gtest/gtest.h>

#include "support/environment.h"

namespace orderflow::aws {
namespace {

TEST(Endpoint, IsReadFromAUrl) {
  const auto plain = Endpoint::parse("http://127.0.0.1:8000");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->is_tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->host_header, "127.0.0.1:8000");
  EXPECT_EQ(plain->base_path, "");

  const auto tls = Endpoint::parse("https://example.com:443/prefix/");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->is_tls);
  EXPECT_EQ(tls->port, 443);
  EXPECT_EQ(tls->host_header, "example.com") << "no port where it is the scheme's own";
  EXPECT_EQ(tls->base_path, "/prefix");

  const auto v6 = Endpoint::parse("http://[::1]:8000/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->host_header, "[::1]:8000");
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
  for (const char* url :
       {"", "localhost:8000", "/path", "ftp://host", "http://", "http://user:secret@host",
        "http://host?x=1", "http://host#f", "http://host:0", "http://host:99999", "http://a b",
        "http://host\r\nx: y"}) {
    const auto endpoint = Endpoint::parse(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, ErrorCode::InvalidInput);
  }
}

TEST(Endpoint, OfAServiceIsItsOwnUrlOrTheCommonOneOrThePublicOne) {
  Settings settings;
  settings.region = "eu-west-1";
  EXPECT_EQ(endpoint_of(Service::DynamoDb, settings)->host, "dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoint_of(Service::SecretsManager, settings)->host,
            "secretsmanager.eu-west-1.amazonaws.com");
  EXPECT_TRUE(endpoint_of(Service::Sqs, settings)->is_tls);
  settings.endpoint_url = "http://127.0.0.1:1";
  settings.endpoint_url_sqs = "http://127.0.0.1:2";
  EXPECT_EQ(endpoint_of(Service::DynamoDb, settings)->port, 1);
  EXPECT_EQ(endpoint_of(Service::Ssm, settings)->port, 1);
  EXPECT_EQ(endpoint_of(Service::Sqs, settings)->port, 2);
  settings.endpoint_url.reset();
  settings.region = "cn-north-1";
  EXPECT_EQ(endpoint_of(Service::DynamoDb, settings)->host, "dynamodb.cn-north-1.amazonaws.com.cn");
}

TEST(Settings, AreReadFromTheEnvironment) {
  const Environment environment{{"AWS_DEFAULT_REGION", "us-west-2"},
                                {"AWS_ENDPOINT_URL", ""},
                                {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000"},
                                {"AWS_CA_BUNDLE", "/ca.pem"}};
  const auto settings = Settings::from_environment();
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->region, "us-west-2");
  EXPECT_EQ(settings->endpoint_url, std::nullopt) << "empty is not set";
  EXPECT_EQ(settings->endpoint_url_dynamodb, "http://127.0.0.1:8000");
  EXPECT_EQ(settings->ca_bundle, "/ca.pem");
}

TEST(Settings, NameTheVariableThatIsWrong) {
  Environment environment;
  EXPECT_NE(Settings::from_environment().error().detail.find("AWS_REGION"), std::string::npos);
  environment.set("AWS_REGION", "evil.example/");
  EXPECT_NE(Settings::from_environment().error().detail.find("AWS_REGION"), std::string::npos);
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ENDPOINT_URL_SQS", "127.0.0.1:9324");
  EXPECT_NE(Settings::from_environment().error().detail.find("AWS_ENDPOINT_URL_SQS"),
            std::string::npos);
}

}  // namespace
}  // namespace orderflow::aws
