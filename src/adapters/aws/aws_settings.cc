#include "adapters/aws/aws_settings.h"

#include <utility>

#include "adapters/aws/environment.h"

namespace orderflow {
namespace {

/// A region goes into host names and signatures: letters, digits and hyphens.
bool is_region(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

}  // namespace

ServiceNames names_of(AwsService service) {
  constexpr ServiceNames kNames[kAwsServiceCount] = {
      {"dynamodb", "application/x-amz-json-1.0"},
      {"sqs", "application/x-amz-json-1.0"},
      {"secretsmanager", "application/x-amz-json-1.1"},
      {"ssm", "application/x-amz-json-1.1"},
  };
  return kNames[static_cast<std::size_t>(service)];
}

Result<Endpoint> endpoint_of(AwsService service, const AwsSettings& settings) {
  std::optional<std::string> url;
  if (service == AwsService::DynamoDb) url = settings.endpoint_url_dynamodb;
  if (service == AwsService::Sqs) url = settings.endpoint_url_sqs;
  if (!url) url = settings.endpoint_url;
  if (url) return Endpoint::parse(*url);
  if (!is_region(settings.region)) {
    return failure(ErrorCode::InvalidInput, "not a region: " + settings.region);
  }
  // The partition of China has a domain of its own.
  const char* domain = settings.region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return Endpoint::parse("https://" + std::string(names_of(service).signing) + "." +
                         settings.region + "." + domain);
}

Result<AwsSettings> AwsSettings::from_environment() {
  AwsSettings settings;
  std::optional<std::string> region = environment_variable("AWS_REGION");
  if (!region) region = environment_variable("AWS_DEFAULT_REGION");
  if (!region) return failure(ErrorCode::InvalidInput, "AWS_REGION is not set");
  if (!is_region(*region)) {
    return failure(ErrorCode::InvalidInput, "AWS_REGION is not a region: " + *region);
  }
  settings.region = *region;
  const std::pair<const char*, std::optional<std::string>*> urls[] = {
      {"AWS_ENDPOINT_URL", &settings.endpoint_url},
      {"AWS_ENDPOINT_URL_DYNAMODB", &settings.endpoint_url_dynamodb},
      {"AWS_ENDPOINT_URL_SQS", &settings.endpoint_url_sqs}};
  for (const auto& [name, url] : urls) {
    *url = environment_variable(name);
    if (!*url) continue;
    const Result<Endpoint> endpoint = Endpoint::parse(**url);
    if (!endpoint) {
      return failure(ErrorCode::InvalidInput, std::string(name) + " is " + endpoint.error().detail);
    }
  }
  settings.ca_bundle = environment_variable("AWS_CA_BUNDLE");
  return settings;
}

}  // namespace orderflow
