#include "adapters/aws_home/aws_resources.h"

#include <gtest/gtest.h>

#include "support/environment.h"
#include "support/scripted_server.h"

namespace orderflow {
namespace {

class AwsResourcesTest : public testing::Test {
 protected:
  Result<AwsResources> load(std::vector<ScriptedReply> script) {
    server_.emplace(io_, std::move(script));
    AwsSettings settings;
    settings.region = "us-east-1";
    settings.endpoint_url = server_->url();
    AwsClient client(io_.get_executor(), settings);
    return run(io_, AwsResources::load(client));
  }

  Environment environment_{
      {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
      {"AWS_SECRET_ACCESS_KEY", "secret"},
      {"ORDERFLOW_ORDERS_TABLE", "orders"},
      {"ORDERFLOW_PRODUCTS_TABLE", "products"},
      {"ORDERFLOW_SIMULATED_TABLE", "simulated"},
      {"ORDERFLOW_PAYMENT_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/payment"},
      {"ORDERFLOW_INVENTORY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/inventory"},
      {"ORDERFLOW_FULFILLMENT_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/fulfillment"},
      {"ORDERFLOW_ADMIN_TOKEN", "token"},
      {"ORDERFLOW_ID_KEY", "key"}};
  boost::asio::io_context io_{1};
  std::optional<ScriptedServer> server_;
};

TEST_F(AwsResourcesTest, KnowsWhoChecksAdmins) {
  EXPECT_FALSE(load({ScriptedReply::answer(500, "")})->admins_by_jwt);
  environment_.set("ORDERFLOW_ADMIN_AUTHORIZER", "jwt");
  EXPECT_TRUE(load({ScriptedReply::answer(500, "")})->admins_by_jwt);
}

TEST_F(AwsResourcesTest, AreReadFromTheEnvironmentAlone) {
  const auto resources = load({ScriptedReply::answer(500, "")});
  ASSERT_TRUE(resources) << resources.error().detail;
  EXPECT_EQ(resources->orders_table, "orders");
  EXPECT_EQ(resources->products_table, "products");
  EXPECT_EQ(resources->simulated_table, "simulated");
  EXPECT_TRUE(resources->queue_urls[static_cast<int>(Stage::Payment)].ends_with("/payment"));
  EXPECT_TRUE(resources->queue_urls[static_cast<int>(Stage::Inventory)].ends_with("/inventory"));
  EXPECT_TRUE(
      resources->queue_urls[static_cast<int>(Stage::Fulfillment)].ends_with("/fulfillment"));
  EXPECT_EQ(resources->admin_token, "token");
  EXPECT_EQ(resources->id_key, "key");
  EXPECT_FALSE(resources->reject_unknown_sku);
  EXPECT_TRUE(server_->seen().empty());
}

TEST_F(AwsResourcesTest, FetchesSecretsFromSecretsManagerAndSsm) {
  environment_.unset("ORDERFLOW_ADMIN_TOKEN");
  environment_.unset("ORDERFLOW_ID_KEY");
  environment_.set("ORDERFLOW_ADMIN_TOKEN_SECRET", "shop/admin");
  environment_.set("ORDERFLOW_ID_KEY_SECRET", "ssm:/shop/id-key");
  environment_.set("ORDERFLOW_UNKNOWN_SKU", "reject");
  const auto resources =
      load({ScriptedReply::answer(200, R"({"SecretString":"kept token\n"})"),
            ScriptedReply::answer(200, R"({"Parameter":{"Value":"kept key"}})")});
  ASSERT_TRUE(resources) << resources.error().detail;
  EXPECT_EQ(resources->admin_token, "kept token");
  EXPECT_EQ(resources->id_key, "kept key");
  EXPECT_TRUE(resources->reject_unknown_sku);
  const auto& secret = server_->seen().at(0).request;
  EXPECT_EQ(secret["x-amz-target"], "secretsmanager.GetSecretValue");
  EXPECT_EQ(secret.body(), R"({"SecretId":"shop/admin"})");
  const auto& parameter = server_->seen().at(1).request;
  EXPECT_EQ(parameter["x-amz-target"], "AmazonSSM.GetParameter");
  EXPECT_EQ(parameter.body(), R"({"Name":"/shop/id-key","WithDecryption":true})");
}

TEST_F(AwsResourcesTest, NamesTheVariableThatIsMissingOrWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"ORDERFLOW_ORDERS_TABLE", ""},
      {"ORDERFLOW_PRODUCTS_TABLE", ""},
      {"ORDERFLOW_SIMULATED_TABLE", ""},
      {"ORDERFLOW_PAYMENT_QUEUE_URL", ""},
      {"ORDERFLOW_INVENTORY_QUEUE_URL", ""},
      {"ORDERFLOW_FULFILLMENT_QUEUE_URL", ""},
      {"ORDERFLOW_PAYMENT_QUEUE_URL", "payment"},
      {"ORDERFLOW_UNKNOWN_SKU", "whatever"},
      {"ORDERFLOW_ADMIN_AUTHORIZER", "none"},
      {"ORDERFLOW_ID_KEY_SECRET", "set beside ORDERFLOW_ID_KEY"}};
  for (const auto& [name, value] : cases) {
    const char* const before = std::getenv(name.c_str());
    const std::string right = before == nullptr ? "" : before;
    environment_.set(name, value);
    const auto resources = load({ScriptedReply::answer(200, "{}")});
    environment_.set(name, right);  // an empty variable counts as not set
    ASSERT_FALSE(resources) << name << " = " << value;
    EXPECT_EQ(resources.error().code, ErrorCode::InvalidInput) << name << " = " << value;
    EXPECT_TRUE(resources.error().detail.starts_with(name)) << resources.error().detail;
  }
}

TEST_F(AwsResourcesTest, ASecretThatCannotBeReadNamesItsVariable) {
  environment_.unset("ORDERFLOW_ADMIN_TOKEN");
  environment_.set("ORDERFLOW_ADMIN_TOKEN_SECRET", "shop/admin");
  for (const ScriptedReply& reply :
       {ScriptedReply::answer(400, R"({"__type":"ResourceNotFoundException"})"),
        ScriptedReply::answer(200, R"({"SecretBinary":"AA=="})"),
        ScriptedReply::answer(200, "not JSON"),
        ScriptedReply::answer(200, R"({"SecretString":""})")}) {
    const auto resources = load({reply});
    ASSERT_FALSE(resources);
    EXPECT_EQ(resources.error().code, ErrorCode::InvalidInput);
    EXPECT_TRUE(resources.error().detail.starts_with("ORDERFLOW_ADMIN_TOKEN_SECRET"))
        << resources.error().detail;
  }
}

TEST_F(AwsResourcesTest, WithoutASecretItIsEmpty) {
  environment_.unset("ORDERFLOW_ADMIN_TOKEN");
  const auto resources = load({ScriptedReply::answer(200, "{}")});
  ASSERT_TRUE(resources);
  EXPECT_EQ(resources->admin_token, "");
}

}  // namespace
}  // namespace orderflow
