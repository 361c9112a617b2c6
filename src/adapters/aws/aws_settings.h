#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client/endpoint.h"

namespace orderflow {

enum class AwsService { DynamoDb, Sqs, SecretsManager, Ssm };
inline constexpr int kAwsServiceCount = 4;

/// Where the services are, from the environment as the AWS SDKs read it: AWS_REGION
/// (or AWS_DEFAULT_REGION), AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS and
/// AWS_CA_BUNDLE. The client reads the credentials itself (credentials.h).
struct AwsSettings {
  std::string region;
  std::optional<std::string> endpoint_url;  ///< of every service without one of its own
  std::optional<std::string> endpoint_url_dynamodb;
  std::optional<std::string> endpoint_url_sqs;
  /// A PEM file to trust in place of the Amazon roots and the system's bundle.
  std::optional<std::string> ca_bundle;

  /// InvalidInput where there is no region or a URL is invalid; the detail names the variable.
  [[nodiscard]] static Result<AwsSettings> from_environment();
};

/// The names of a service in endpoints and in signatures, and its JSON protocol.
struct ServiceNames {
  std::string_view signing;
  std::string_view content_type;
};
[[nodiscard]] ServiceNames names_of(AwsService service);

/// The URL of the service in `settings`, or else its public endpoint in their region.
[[nodiscard]] Result<Endpoint> endpoint_of(AwsService service, const AwsSettings& settings);

}  // namespace orderflow
