#include "adapters/aws/endpoint.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "adapters/aws/environment.h"

namespace orderflow::aws {
namespace {

std::string text_of(const auto& text) { return {text.data(), text.size()}; }

/// A region goes into host names and signatures: letters, digits and hyphens.
bool is_region(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  // The URL is not shown: what does not belong there may be a password.
  const auto refused = [] {
    return failure(ErrorCode::InvalidInput, "not an http or https URL of a host");
  };
  if (!parsed || parsed->encoded_host().empty() || parsed->has_userinfo() || parsed->has_query() ||
      parsed->has_fragment()) {
    return refused();
  }
  // Boost.URL 1.81 takes "127.0.0.1.example.com" for an address with a path behind it.
  const std::string path = text_of(parsed->encoded_path());
  if (!path.empty() && path.front() != '/') return refused();
  Endpoint endpoint;
  endpoint.is_tls = parsed->scheme_id() == boost::urls::scheme::https;
  if (!endpoint.is_tls && parsed->scheme_id() != boost::urls::scheme::http) return refused();
  endpoint.port = endpoint.is_tls ? 443 : 80;
  endpoint.host = parsed->host_address();
  endpoint.host_header = text_of(parsed->encoded_host());
  if (parsed->has_port() && !parsed->port().empty()) {
    const std::uint16_t scheme_port = endpoint.port;
    // Its port_number() wraps around.
    const std::string digits = text_of(parsed->port());
    const char* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, endpoint.port) != std::from_chars_result{end, {}} ||
        endpoint.port == 0) {
      return refused();
    }
    if (endpoint.port != scheme_port) {
      endpoint.host_header.append(":").append(std::to_string(endpoint.port));
    }
  }
  endpoint.base_path = path;
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  return endpoint;
}

ServiceNames names_of(Service service) {
  switch (service) {
    case Service::DynamoDb:
      return {"dynamodb", "application/x-amz-json-1.0"};
    case Service::Sqs:
      return {"sqs", "application/x-amz-json-1.0"};
    case Service::SecretsManager:
      return {"secretsmanager", "application/x-amz-json-1.1"};
    case Service::Ssm:
      return {"ssm", "application/x-amz-json-1.1"};
  }
  return {};
}

Result<Endpoint> endpoint_of(Service service, const Settings& settings) {
  std::optional<std::string> url;
  if (service == Service::DynamoDb) url = settings.endpoint_url_dynamodb;
  if (service == Service::Sqs) url = settings.endpoint_url_sqs;
  if (!url) url = settings.endpoint_url;
  if (url) return Endpoint::parse(*url);
  if (!is_region(settings.region)) {
    return failure(ErrorCode::InvalidInput, "not a region: " + settings.region);
  }
  // The partition of China has a domain of its own.
  const char* domain = settings.region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return Endpoint::parse("https://" + text_of(names_of(service).signing) + "." + settings.region +
                         "." + domain);
}

Result<Settings> Settings::from_environment() {
  Settings settings;
  std::optional<std::string> region = variable("AWS_REGION");
  if (!region) region = variable("AWS_DEFAULT_REGION");
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
    *url = variable(name);
    if (!*url) continue;
    const Result<Endpoint> endpoint = Endpoint::parse(**url);
    if (!endpoint) {
      return failure(ErrorCode::InvalidInput, std::string(name) + " is " + endpoint.error().detail);
    }
  }
  settings.ca_bundle = variable("AWS_CA_BUNDLE");
  return settings;
}

}  // namespace orderflow::aws
