#include "adapters/aws/aws_client.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "adapters/aws/aws_trust.h"
#include "adapters/aws/credentials.h"
#include "adapters/aws/errors.h"
#include "adapters/aws/sigv4.h"
#include "base/backoff.h"
#include "http/client/http_pool.h"

namespace orderflow {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Backoff kBackoff{.base = milliseconds(25), .cap = milliseconds(5'000)};
/// A throttled partition needs longer to recover.
constexpr Backoff kThrottledBackoff{.base = milliseconds(100), .cap = milliseconds(5'000)};

}  // namespace

/// How this client reaches one service.
struct AwsClient::ServiceRoute {
  std::shared_ptr<HttpPool> pool;
  Signer signer;
  std::string_view content_type;
  std::string target;  ///< of every request
  int unanswered = 0;  ///< calls in a row, up to now

  /// Each try is signed anew: a signature is valid for five minutes.
  std::string signed_request(const std::string& amz_target, const std::string& body,
                             const Credentials& credentials) {
    const std::string date =
        amz_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    SignedRequest request{target, {}, body};
    request.headers = {{"content-type", content_type},
                       {"host", pool->endpoint().host_header},
                       {"x-amz-date", date}};
    if (!credentials.session_token.empty()) {
      request.headers.push_back({"x-amz-security-token", credentials.session_token});
    }
    request.headers.push_back({"x-amz-target", amz_target});
    const std::string authorization = signer.authorization(request, date, credentials);
    request.headers.push_back({"authorization", authorization});
    request.headers.push_back({"user-agent", "orderflow/" ORDERFLOW_VERSION});
    return request_text("POST", target, request.headers, body);
  }
};

/// Why one try brought no answer.
struct AwsClient::FailedTry {
  Error error;
  bool is_final = false;  ///< another try would fail the same way
};

AwsClient::AwsClient(asio::any_io_executor executor, AwsSettings settings)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      credentials_(std::make_shared<CredentialSource>(
          executor_, CredentialOrigin::from_environment(), settings_.ca_bundle)) {}

AwsClient::~AwsClient() = default;

Task<Result<AwsAnswer>> AwsClient::call(AwsService service, std::string target, std::string body,
                                        Deadline deadline, milliseconds first_try) {
  const Result<ServiceRoute*> route = route_to(service);
  if (!route) co_return std::unexpected(route.error());
  if (steady_clock::now() >= deadline) {
    co_return failure(ErrorCode::Timeout, target + ": the deadline had passed; nothing was sent");
  }
  milliseconds limit = first_try;
  for (int tries = 0;; ++tries, limit *= 2) {
    const Deadline try_until = std::min(deadline, steady_clock::now() + limit);
    auto answer = co_await attempt(**route, target, body, try_until);
    if (answer) {
      (*route)->unanswered = 0;
      co_return std::move(*answer);
    }
    const FailedTry& failed = answer.error();
    const bool throttled = failed.error.code == ErrorCode::Throttled;
    const auto next = steady_clock::now() + (throttled ? kThrottledBackoff : kBackoff).wait(tries);
    // Without time for another try, return now: the caller may have a use for what is left.
    if (failed.is_final || next >= deadline) {
      ++(*route)->unanswered;
      co_return failure(failed.error.code, target + ": " + failed.error.detail);
    }
    asio::steady_timer pause(executor_, next);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

bool AwsClient::is_answered_by(AwsService service) const {
  const auto& route = routes_[static_cast<std::size_t>(service)];
  return !route || route->unanswered < kUnansweredMax;
}

Result<AwsClient::ServiceRoute*> AwsClient::route_to(AwsService service) {
  std::unique_ptr<ServiceRoute>& route = routes_[static_cast<std::size_t>(service)];
  if (!route) {
    Result<Endpoint> endpoint = endpoint_of(service, settings_);
    if (!endpoint) return std::unexpected(std::move(endpoint).error());
    // One trust for all services, so that the roots are parsed once, and only if needed.
    if (endpoint->is_tls && !trust_) trust_ = aws_trust(settings_.ca_bundle);
    const ServiceNames names = names_of(service);
    route = std::make_unique<ServiceRoute>(
        std::make_shared<HttpPool>(executor_, *endpoint, endpoint->is_tls ? trust_ : nullptr),
        Signer(settings_.region, std::string(names.signing)), names.content_type,
        endpoint->base_path + "/");
  }
  return route.get();
}

Task<std::expected<AwsAnswer, AwsClient::FailedTry>> AwsClient::attempt(ServiceRoute& route,
                                                                        const std::string& target,
                                                                        const std::string& body,
                                                                        Deadline deadline) {
  const auto credentials = co_await credentials_->get(deadline);
  if (!credentials) {
    const Error& error = credentials.error();
    co_return std::unexpected(FailedTry{error, !retryable(error.code)});
  }
  auto heard =
      co_await route.pool->exchange(route.signed_request(target, body, **credentials), deadline);
  if (!heard) {
    const HttpError& error = heard.error();
    const bool late = error.kind == HttpError::Kind::Timeout;
    co_return std::unexpected(
        FailedTry{{late ? ErrorCode::Timeout : ErrorCode::Unavailable, error.detail},
                  error.kind == HttpError::Kind::Untrusted});
  }
  std::string error = aws_error_name(*heard);
  AwsAnswer answer{heard->status, std::move(heard->body), std::move(error)};
  const std::string detail = std::to_string(answer.status) + " " + answer.error;
  switch (classify_aws_error(answer.status, answer.error)) {
    case AwsVerdict::Throttled:
      co_return std::unexpected(FailedTry{{ErrorCode::Throttled, detail}});
    case AwsVerdict::Broken:
      co_return std::unexpected(FailedTry{{ErrorCode::Unavailable, detail}});
    case AwsVerdict::Final:
      break;
  }
  co_return answer;
}

}  // namespace orderflow
