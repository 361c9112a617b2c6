#include "apps/orderflow/aws_home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/environment.h"

namespace orderflow {
namespace {

using testing::HasSubstr;

/// Everything that the home reads from the environment; nothing of it is called here.
const std::map<std::string, std::string> kComplete = {
    {"AWS_REGION", "us-east-1"},
    {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
    {"AWS_ACCESS_KEY_ID", "test"},
    {"AWS_SECRET_ACCESS_KEY", "test"},
    {"ORDERFLOW_ORDERS_TABLE", "orders"},
    {"ORDERFLOW_PRODUCTS_TABLE", "products"},
    {"ORDERFLOW_SIMULATED_TABLE", "simulated"},
    {"ORDERFLOW_PAYMENT_QUEUE_URL", "http://127.0.0.1:1/1/payment"},
    {"ORDERFLOW_INVENTORY_QUEUE_URL", "http://127.0.0.1:1/1/inventory"},
    {"ORDERFLOW_FULFILLMENT_QUEUE_URL", "http://127.0.0.1:1/1/fulfillment"},
    {"ORDERFLOW_ADMIN_TOKEN", "a-token-of-the-tests"},
    {"ORDERFLOW_ID_KEY", "a-key-of-the-tests"}};

class AwsHomeTest : public testing::Test {
 protected:
  AwsHomeTest() {
    for (const auto& [name, value] : kComplete) environment.set(name, value);
  }
  /// Why the home does not open; empty where it does.
  std::string problem() {
    const auto home = open_aws_home(io, {.store = StoreKind::Aws});
    if (home) return {};
    EXPECT_EQ(home.error().code, ErrorCode::InvalidInput);
    return home.error().detail;
  }

  boost::asio::io_context io{1};
  Environment environment;
};

TEST_F(AwsHomeTest, OpensWithoutACallWhereTheEnvironmentIsComplete) {
  const auto home = open_aws_home(io, {.store = StoreKind::Aws});
  ASSERT_TRUE(home.has_value()) << home.error().detail;
  EXPECT_EQ((*home)->admin_token(), kComplete.at("ORDERFLOW_ADMIN_TOKEN"));
}

TEST_F(AwsHomeTest, NamesTheVariableThatIsMissing) {
  for (const auto& [name, value] : kComplete) {
    if (name.starts_with("AWS_") && name != "AWS_REGION") continue;
    environment.unset(name);
    EXPECT_THAT(problem(), HasSubstr(name));
    environment.set(name, value);
  }
}

TEST_F(AwsHomeTest, RefusesAnAdminTokenThatCouldBeGuessed) {
  environment.set("ORDERFLOW_ADMIN_TOKEN", "short");
  EXPECT_THAT(problem(), AllOf(HasSubstr("ORDERFLOW_ADMIN_TOKEN"), HasSubstr("at least 16")));
}

}  // namespace
}  // namespace orderflow
