#include "adapters/aws/credentials.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iterator>

#include "adapters/aws/aws_json.h"
#include "adapters/aws/aws_trust.h"
#include "adapters/aws/environment.h"
#include "base/time.h"
#include "http/client/http_pool.h"
#include "http/client/request_text.h"

namespace orderflow {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// As the SDKs do: a failing endpoint has ten minutes to recover.
constexpr auto kRenewAhead = 10min;
/// Credentials that expire sooner may not reach the service.
constexpr auto kLastMoment = 30s;
constexpr auto kTryAgainAfter = 10s;
// The endpoints are on this machine or near it; where none exists, packets get no answer at all.
constexpr auto kFetchMax = 2s;

constexpr const char* kContainerHost = "http://169.254.170.2";
constexpr const char* kMetadataUrl = "http://169.254.169.254";

/// True for loopback and for the link-local addresses of ECS and EKS (IPv4 and IPv6): packets to
/// them do not leave the machine's network.
bool is_local(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (not_numeric) return false;
  return address.is_loopback() || host == "169.254.170.2" || host == "169.254.170.23" ||
         address == asio::ip::make_address("fd00:ec2::23");
}

std::unexpected<Error> refused(const char* name, std::string_view why) {
  return failure(ErrorCode::InvalidInput, std::string(name) + " " + std::string(why));
}

/// Sets endpoint and target from a URL with a path.
Result<void> point_at(CredentialOrigin& origin, const char* name, const std::string& url) {
  // Endpoint::parse() takes no query, so path and query are cut off first.
  const std::size_t authority = url.find("://");
  const std::size_t path =
      authority == std::string::npos ? authority : url.find_first_of("/?", authority + 3);
  Result<Endpoint> endpoint = Endpoint::parse(url.substr(0, path));
  if (!endpoint) return refused(name, "is " + endpoint.error().detail);
  if (!endpoint->is_tls && !is_local(endpoint->host)) {
    return refused(name, "is neither https nor on this machine");
  }
  origin.container_target = path == std::string::npos ? "/" : url.substr(path);
  if (origin.container_target.front() != '/') origin.container_target.insert(0, "/");
  if (!is_header_value(url) || url.find(' ') != std::string::npos) {
    return refused(name, "holds spaces or control characters");
  }
  origin.container = std::move(*endpoint);
  return {};
}

Result<void> read_fixed(CredentialOrigin& origin) {
  const auto key = environment_variable("AWS_ACCESS_KEY_ID");
  const auto secret = environment_variable("AWS_SECRET_ACCESS_KEY");
  const auto token = environment_variable("AWS_SESSION_TOKEN");
  if (!key && !secret) return {};
  if (!key) return refused("AWS_ACCESS_KEY_ID", "is not set, but AWS_SECRET_ACCESS_KEY is");
  if (!secret) return refused("AWS_SECRET_ACCESS_KEY", "is not set, but AWS_ACCESS_KEY_ID is");
  if (!is_header_value(*key)) return refused("AWS_ACCESS_KEY_ID", "holds control characters");
  if (token && !is_header_value(*token)) {
    return refused("AWS_SESSION_TOKEN", "holds control characters");
  }
  origin.fixed = Credentials{*key, *secret, token.value_or("")};
  return {};
}

Result<void> read_container(CredentialOrigin& origin) {
  constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  constexpr const char* kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
  Result<void> pointed;
  if (const auto relative = environment_variable(kRelative)) {
    if (relative->front() != '/') return refused(kRelative, "does not begin with /");
    pointed = point_at(origin, kRelative, kContainerHost + *relative);
  } else if (const auto full = environment_variable(kFull)) {
    pointed = point_at(origin, kFull, *full);
  }
  if (!pointed) return pointed;
  origin.container_token_file =
      environment_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
  origin.container_token = environment_variable(kToken).value_or("");
  if (!is_header_value(origin.container_token)) {
    return refused(kToken, "holds control characters");
  }
  return {};
}

struct Expiring {
  Credentials credentials;
  std::chrono::system_clock::time_point expiry;
};

/// Asks the endpoint of the pool.
Task<Result<HttpAnswer>> ask(HttpPool& pool, std::string_view method, std::string target,
                             std::vector<HttpHeader> headers, Deadline deadline) {
  headers.insert(headers.begin(), HttpHeader{"host", pool.endpoint().host_header});
  auto answer = co_await pool.exchange(request_text(method, target, headers, ""), deadline);
  if (!answer) co_return failure(ErrorCode::Unavailable, "credentials: " + answer.error().detail);
  co_return std::move(*answer);
}

/// Reads the document that both endpoints answer with. Without a valid expiry it is refused.
Task<Result<Expiring>> fetch_document(HttpPool& pool, std::string target,
                                      std::vector<HttpHeader> headers, Deadline deadline) {
  const auto answer = co_await ask(pool, "GET", std::move(target), std::move(headers), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  const boost::json::value document = parse_json(answer->body);
  const auto text = [&](std::string_view name) {
    return std::string(text_member(document, name).value_or(""));
  };
  Expiring read{{text("AccessKeyId"), text("SecretAccessKey"), text("Token")}, {}};
  const auto expiry = parse_rfc3339(text("Expiration"));
  if (answer->status != 200 || read.credentials.access_key_id.empty() ||
      read.credentials.secret_access_key.empty() || !expiry ||
      !is_header_value(read.credentials.access_key_id) ||
      !is_header_value(read.credentials.session_token)) {
    co_return failure(
        ErrorCode::Unavailable,
        "the endpoint answered " + std::to_string(answer->status) + " without credentials");
  }
  read.expiry = *expiry;
  co_return read;
}

Task<Result<Expiring>> fetch_from_container(HttpPool& pool, const CredentialOrigin& origin,
                                            Deadline deadline) {
  std::string token = origin.container_token;
  if (!origin.container_token_file.empty()) {
    std::ifstream file(origin.container_token_file, std::ios::binary);
    token.assign(std::istreambuf_iterator<char>(file), {});
    if (token.empty() || !is_header_value(token)) {
      co_return failure(ErrorCode::Unavailable,
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read, or holds more "
                        "than a line");
    }
  }
  std::vector<HttpHeader> headers;
  headers.push_back({"accept", "application/json"});
  if (!token.empty()) headers.push_back({"authorization", token});
  co_return co_await fetch_document(pool, origin.container_target, std::move(headers), deadline);
}

/// Version 2 of the service (IMDSv2): first a token by PUT. Version 1 would give the keys to any GET
/// that a proxy on the machine forwards.
Task<Result<Expiring>> fetch_from_metadata(HttpPool& pool, bool answered_before,
                                           Deadline deadline) {
  const std::string base = pool.endpoint().base_path + "/latest";
  const std::string roles = base + "/meta-data/iam/security-credentials/";

  std::vector<HttpHeader> headers;
  headers.push_back({"x-aws-ec2-metadata-token-ttl-seconds", "60"});
  const auto token = co_await ask(pool, "PUT", base + "/api/token", headers, deadline);
  if (!token) {
    if (answered_before) co_return std::unexpected(token.error());
    co_return failure(ErrorCode::InvalidInput,
                      "no credentials: AWS_ACCESS_KEY_ID is not set, there is no container "
                      "endpoint, and the metadata service does not answer");
  }
  if (token->status != 200 || !is_header_value(token->body)) {
    co_return failure(ErrorCode::Unavailable, "the metadata service gives no token");
  }

  headers.front() = {"x-aws-ec2-metadata-token", token->body};
  const auto role = co_await ask(pool, "GET", roles, headers, deadline);
  if (!role) co_return std::unexpected(role.error());
  const std::string name = role->body.substr(0, role->body.find('\n'));
  if (role->status != 200 || name.empty() || !is_header_value(name)) {
    co_return failure(ErrorCode::Unavailable, "the machine has no role to take credentials from");
  }
  co_return co_await fetch_document(pool, roles + name, headers, deadline);
}

Task<Result<Expiring>> fetch(HttpPool* pool, const CredentialOrigin& origin, bool answered_before,
                             Deadline deadline) {
  if (origin.container) co_return co_await fetch_from_container(*pool, origin, deadline);
  if (origin.metadata) co_return co_await fetch_from_metadata(*pool, answered_before, deadline);
  co_return failure(ErrorCode::InvalidInput,
                    "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
}

}  // namespace

Result<CredentialOrigin> CredentialOrigin::from_environment() {
  CredentialOrigin origin;
  Result<void> read = read_fixed(origin);
  if (!read) return std::unexpected(std::move(read).error());
  if (origin.fixed) return origin;
  read = read_container(origin);
  if (!read) return std::unexpected(std::move(read).error());
  if (origin.container || environment_variable("AWS_EC2_METADATA_DISABLED") == "true")
    return origin;
  constexpr const char* kMetadata = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  Result<Endpoint> metadata =
      Endpoint::parse(environment_variable(kMetadata).value_or(kMetadataUrl));
  if (!metadata) return refused(kMetadata, "is " + metadata.error().detail);
  origin.metadata = std::move(*metadata);
  return origin;
}

CredentialSource::CredentialSource(asio::any_io_executor executor, Result<CredentialOrigin> origin,
                                   const std::optional<std::string>& ca_bundle)
    : executor_(std::move(executor)), origin_(std::move(origin)) {
  if (!origin_) return;
  if (origin_->fixed) {
    current_ = std::make_shared<const Credentials>(*origin_->fixed);
    expiry_ = std::chrono::system_clock::time_point::max();
    return;
  }
  const std::optional<Endpoint>& endpoint =
      origin_->container ? origin_->container : origin_->metadata;
  if (!endpoint) return;
  pool_ = std::make_shared<HttpPool>(executor_, *endpoint,
                                     endpoint->is_tls ? aws_trust(ca_bundle) : nullptr);
}

bool CredentialSource::lasts(std::chrono::seconds time) const {
  return current_ && expiry_ - time > std::chrono::system_clock::now();
}

Task<Result<std::shared_ptr<const Credentials>>> CredentialSource::get(Deadline deadline) {
  const auto self = shared_from_this();
  if (!origin_) co_return std::unexpected(origin_.error());
  if (lasts(kRenewAhead)) co_return current_;
  if (lasts(kLastMoment) && (is_renewing_ || std::chrono::steady_clock::now() < next_try_)) {
    co_return current_;
  }
  if (is_renewing_) {
    const auto turn = waiting_.emplace(waiting_.end(), executor_, deadline);
    co_await turn->async_wait(asio::as_tuple(asio::use_awaitable));
    waiting_.erase(turn);
    if (is_renewing_) co_return failure(ErrorCode::Timeout, "credentials: no answer in time");
  } else {
    co_await renew(deadline);
  }
  if (lasts(0s)) co_return current_;
  co_return std::unexpected(last_error_);
}

Task<void> CredentialSource::renew(Deadline deadline) {
  is_renewing_ = true;
  // Wakes the callers that wait, also where this coroutine is destroyed.
  const std::shared_ptr<void> renewal(nullptr, [this](void*) {
    is_renewing_ = false;
    for (asio::steady_timer& waiting : waiting_) waiting.cancel();
  });
  const auto now = std::chrono::steady_clock::now();
  Result<Expiring> fetched = co_await fetch(pool_.get(), *origin_, current_ != nullptr,
                                            std::min(deadline, now + kFetchMax));
  if (!fetched) {
    last_error_ = std::move(fetched).error();
    next_try_ = now + kTryAgainAfter;
    co_return;
  }
  expiry_ = fetched->expiry;
  current_ = std::make_shared<const Credentials>(std::move(fetched->credentials));
}

}  // namespace orderflow
