#include "adapters/aws/aws_settings.h"

#include <gtest/gtest.h>

#include "support/environment.h"

namespace orderflow {
namespace {

TEST(AwsSettings, ChooseTheServicesOwnUrlThenTheCommonOneThenThePublicEndpoint) {
  AwsSettings settings;
  settings.region = "eu-west-1";
  EXPECT_EQ(endpoint_of(AwsService::DynamoDb, settings)->host, "dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoint_of(AwsService::SecretsManager, settings)->host,
            "secretsmanager.eu-west-1.amazonaws.com");
  EXPECT_TRUE(endpoint_of(AwsService::Sqs, settings)->is_tls);
  settings.endpoint_url = "http://127.0.0.1:1";
  settings.endpoint_url_sqs = "http://127.0.0.1:2";
  EXPECT_EQ(endpoint_of(AwsService::DynamoDb, settings)->port, 1);
  EXPECT_EQ(endpoint_of(AwsService::Ssm, settings)->port, 1);
  EXPECT_EQ(endpoint_of(AwsService::Sqs, settings)->port, 2);
  settings.endpoint_url.reset();
  settings.region = "cn-north-1";
  EXPECT_EQ(endpoint_of(AwsService::DynamoDb, settings)->host,
            "dynamodb.cn-north-1.amazonaws.com.cn");
}

TEST(AwsSettings, AreReadFromTheEnvironment) {
  const Environment environment{{"AWS_DEFAULT_REGION", "us-west-2"},
                                {"AWS_ENDPOINT_URL", ""},
                                {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000"},
                                {"AWS_CA_BUNDLE", "/ca.pem"}};
  const auto settings = AwsSettings::from_environment();
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->region, "us-west-2");
  EXPECT_EQ(settings->endpoint_url, std::nullopt) << "empty is not set";
  EXPECT_EQ(settings->endpoint_url_dynamodb, "http://127.0.0.1:8000");
  EXPECT_EQ(settings->ca_bundle, "/ca.pem");
}

TEST(AwsSettings, NameTheVariableThatIsWrong) {
  Environment environment;
  EXPECT_NE(AwsSettings::from_environment().error().detail.find("AWS_REGION"), std::string::npos);
  environment.set("AWS_REGION", "evil.example/");
  EXPECT_NE(AwsSettings::from_environment().error().detail.find("AWS_REGION"), std::string::npos);
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ENDPOINT_URL_SQS", "127.0.0.1:9324");
  EXPECT_NE(AwsSettings::from_environment().error().detail.find("AWS_ENDPOINT_URL_SQS"),
            std::string::npos);
}

}  // namespace
}  // namespace orderflow
