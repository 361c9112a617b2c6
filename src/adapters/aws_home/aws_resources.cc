#include "adapters/aws_home/aws_resources.h"

#include <charconv>

#include "adapters/aws/aws_json.h"
#include "adapters/aws/environment.h"
#include "base/json_writer.h"
#include "http/client/endpoint.h"

namespace orderflow {
namespace {

// Lambda gives a function ten seconds to start.
constexpr std::chrono::seconds kSecretMax{5};
constexpr std::string_view kSsmPrefix = "ssm:";

std::unexpected<Error> refused(std::string_view variable, std::string_view why) {
  return failure(ErrorCode::InvalidInput, std::string(variable) + " " + std::string(why));
}

/// Asks Secrets Manager or SSM for the secret that `variable` names.
Task<Result<std::string>> fetch_secret(AwsClient& client, std::string variable, std::string name) {
  const bool is_parameter = name.starts_with(kSsmPrefix);
  std::string body;
  JsonWriter json(body);
  if (is_parameter) {
    json.begin_object().member("Name", name.substr(kSsmPrefix.size()));
    json.member("WithDecryption", true).end_object();
  } else {
    json.begin_object().member("SecretId", name).end_object();
  }
  const auto answer = co_await client.call(
      is_parameter ? AwsService::Ssm : AwsService::SecretsManager,
      is_parameter ? "AmazonSSM.GetParameter" : "secretsmanager.GetSecretValue", std::move(body),
      std::chrono::steady_clock::now() + kSecretMax);
  if (!answer) co_return failure(answer.error().code, variable + ": " + answer.error().detail);
  if (!answer->ok()) {
    co_return refused(variable,
                      "could not be read: " + std::to_string(answer->status) + " " + answer->error);
  }
  const boost::json::value found = parse_json(answer->body);
  std::string secret(is_parameter ? text_member(member(found, "Parameter"), "Value").value_or("")
                                  : text_member(found, "SecretString").value_or(""));
  // A secret stored from a file or by echo ends with a line feed.
  while (secret.ends_with('\n')) secret.pop_back();
  if (secret.empty()) co_return refused(variable, "names a secret without a text");
  co_return secret;
}

/// `<name>`, or the secret that `<name>_SECRET` names; empty where neither is set.
Task<Result<std::string>> load_secret(AwsClient& client, std::string name) {
  const std::string by_name = name + "_SECRET";
  const auto plain = environment_variable(name.c_str());
  const auto secret = environment_variable(by_name.c_str());
  if (plain && secret) co_return refused(by_name, "and " + name + " are both set");
  if (plain) co_return *plain;
  if (!secret) co_return std::string();
  co_return co_await fetch_secret(client, by_name, *secret);
}

Result<AwsResources> load_names() {
  AwsResources resources;
  const std::pair<const char*, std::string*> tables[] = {
      {"ORDERFLOW_ORDERS_TABLE", &resources.orders_table},
      {"ORDERFLOW_PRODUCTS_TABLE", &resources.products_table},
      {"ORDERFLOW_SIMULATED_TABLE", &resources.simulated_table}};
  for (const auto& [name, table] : tables) {
    auto value = environment_variable(name);
    if (!value) return refused(name, "is not set");
    *table = std::move(*value);
  }
  constexpr const char* kQueues[kStageCount] = {"ORDERFLOW_PAYMENT_QUEUE_URL",
                                                "ORDERFLOW_INVENTORY_QUEUE_URL",
                                                "ORDERFLOW_FULFILLMENT_QUEUE_URL"};
  for (std::size_t stage = 0; stage < resources.queue_urls.size(); ++stage) {
    auto url = environment_variable(kQueues[stage]);
    if (!url) return refused(kQueues[stage], "is not set");
    const auto endpoint = Endpoint::parse(*url);
    if (!endpoint) return refused(kQueues[stage], "is " + endpoint.error().detail);
    resources.queue_urls[stage] = std::move(*url);
  }
  const auto authorizer = environment_variable("ORDERFLOW_ADMIN_AUTHORIZER");
  if (authorizer && *authorizer != "jwt") {
    return refused("ORDERFLOW_ADMIN_AUTHORIZER", "is not jwt, the only one there is");
  }
  resources.admins_by_jwt = authorizer.has_value();
  const std::string unknown_sku =
      environment_variable("ORDERFLOW_UNKNOWN_SKU").value_or("make-to-order");
  resources.reject_unknown_sku = unknown_sku == "reject";
  if (!resources.reject_unknown_sku && unknown_sku != "make-to-order") {
    return refused("ORDERFLOW_UNKNOWN_SKU", "is neither make-to-order nor reject");
  }
  if (const auto receives = environment_variable("ORDERFLOW_MESSAGE_RECEIVES_MAX")) {
    const char* const end = receives->data() + receives->size();
    const auto read = std::from_chars(receives->data(), end, resources.deliveries_max);
    if (read.ec != std::errc() || read.ptr != end || resources.deliveries_max < 1) {
      return refused("ORDERFLOW_MESSAGE_RECEIVES_MAX", "is not a whole number above 0");
    }
  }
  return resources;
}

}  // namespace

Task<Result<AwsResources>> AwsResources::load(AwsClient& client) {
  Result<AwsResources> resources = load_names();
  if (!resources) co_return resources;
  Result<std::string> secret = co_await load_secret(client, "ORDERFLOW_ADMIN_TOKEN");
  if (!secret) co_return std::unexpected(std::move(secret).error());
  resources->admin_token = std::move(*secret);
  secret = co_await load_secret(client, "ORDERFLOW_ID_KEY");
  if (!secret) co_return std::unexpected(std::move(secret).error());
  resources->id_key = std::move(*secret);
  co_return resources;
}

}  // namespace orderflow
