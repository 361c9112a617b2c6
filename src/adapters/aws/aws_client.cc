#include "adapters/aws/client.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "adapters/aws/credentials.h"
#include "adapters/aws/endpoint.h"
#include "adapters/aws/errors.h"
#include "adapters/aws/http_pool.h"
#include "adapters/aws/sigv4.h"
#include "base/backoff.h"

namespace orderflow::aws {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Backoff kBackoff{.base = milliseconds(25), .cap = milliseconds(5'000)};
/// A throttled partition needs longer to recover.
constexpr Backoff kThrottledBackoff{.base = milliseconds(100), .cap = milliseconds(5'000)};

/// Why one attempt has not brought an answer.
struct Miss {
  Error error;
  bool is_final = false;
};

Miss miss(const HttpFault& fault) {
  switch (fault.kind) {
    case HttpFault::Kind::Untrusted:
      // Asking again shows the same certificate.
      return {{ErrorCode::Unavailable, fault.detail}, true};
    case HttpFault::Kind::Unreachable:
    case HttpFault::Kind::Silent:
    case HttpFault::Kind::Broken:
      return {{ErrorCode::Unavailable, fault.detail}};
    case HttpFault::Kind::Timeout:
      return {{ErrorCode::Timeout, fault.detail}};
  }
  return {};
}

}  // namespace

class Client::Impl {
 public:
  Impl(asio::any_io_executor executor, Settings settings)
      : executor_(std::move(executor)),
        settings_(std::move(settings)),
        credentials_(std::make_shared<CredentialSource>(
            executor_, CredentialOrigin::from_environment(), settings_.ca_bundle)) {}

  Task<Result<Answer>> call(Service service, std::string target, std::string body,
                            Deadline deadline) {
    const Result<Home*> home = home_of(service);
    if (!home) co_return std::unexpected(home.error());
    if (steady_clock::now() >= deadline) {
      co_return failure(ErrorCode::Timeout, target + ": the deadline had passed; nothing was sent");
    }
    for (int tries = 0;; ++tries) {
      auto answer = co_await attempt(**home, target, body, deadline);
      if (answer) co_return std::move(*answer);
      const Miss& missed = answer.error();
      const bool throttled = missed.error.code == ErrorCode::Throttled;
      const auto next =
          steady_clock::now() + (throttled ? kThrottledBackoff : kBackoff).wait(tries);
      // No time left for another try: say so now, the caller may have better use for what is left.
      if (missed.is_final || next >= deadline) {
        co_return failure(missed.error.code, target + ": " + missed.error.detail);
      }
      asio::steady_timer pause(executor_, next);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }

 private:
  /// A service as this client reaches it.
  struct Home {
    std::shared_ptr<HttpPool> pool;
    Signer signer;
    std::string_view content_type;
    std::string target;  ///< of every request
  };

  Result<Home*> home_of(Service service) {
    std::unique_ptr<Home>& home = homes_[static_cast<std::size_t>(service)];
    if (!home) {
      Result<Endpoint> endpoint = endpoint_of(service, settings_);
      if (!endpoint) return std::unexpected(std::move(endpoint).error());
      // One trust for all: the roots are read once, and only where they are needed.
      if (endpoint->is_tls && !trust_) trust_ = TlsTrust::standard(settings_.ca_bundle);
      const ServiceNames names = names_of(service);
      home = std::make_unique<Home>(Home{
          std::make_shared<HttpPool>(executor_, *endpoint, endpoint->is_tls ? trust_ : nullptr),
          Signer(settings_.region, std::string(names.signing)), names.content_type,
          endpoint->base_path + "/"});
    }
    return home.get();
  }

  /// Each attempt is signed anew: a signature is good for five minutes.
  static std::string signed_request(Home& home, const std::string& target, const std::string& body,
                                    const Credentials& credentials) {
    const std::string date =
        amz_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    SignedRequest request{"POST", home.target, "", {}, body};
    request.headers = {{"content-type", home.content_type},
                       {"host", home.pool->endpoint().host_header},
                       {"x-amz-date", date}};
    if (!credentials.session_token.empty()) {
      request.headers.push_back({"x-amz-security-token", credentials.session_token});
    }
    request.headers.push_back({"x-amz-target", target});
    const std::string authorization = home.signer.authorization(request, date, credentials);
    std::vector<Header> headers = request.headers;
    headers.push_back({"authorization", authorization});
    headers.push_back({"user-agent", "orderflow/" ORDERFLOW_VERSION});
    return request_text(request.method, request.path, headers, body);
  }

  Task<std::expected<Answer, Miss>> attempt(Home& home, const std::string& target,
                                            const std::string& body, Deadline deadline) {
    const auto credentials = co_await credentials_->get(deadline);
    if (!credentials) {
      const Error& error = credentials.error();
      co_return std::unexpected(Miss{error, !retryable(error.code)});
    }
    auto heard =
        co_await home.pool->exchange(signed_request(home, target, body, **credentials), deadline);
    if (!heard) co_return std::unexpected(miss(heard.error()));
    std::string error = error_name(*heard);
    Answer answer{heard->status, std::move(heard->body), std::move(error)};
    const std::string detail = std::to_string(answer.status) + " " + answer.error;
    switch (classify(answer.status, answer.error)) {
      case Verdict::Throttled:
        co_return std::unexpected(Miss{{ErrorCode::Throttled, detail}});
      case Verdict::Broken:
        co_return std::unexpected(Miss{{ErrorCode::Unavailable, detail}});
      case Verdict::Final:
        break;
    }
    co_return answer;
  }

  const asio::any_io_executor executor_;
  const Settings settings_;
  const std::shared_ptr<CredentialSource> credentials_;
  std::shared_ptr<TlsTrust> trust_;
  std::array<std::unique_ptr<Home>, 4> homes_;  ///< by Service
};

Client::Client(asio::any_io_executor executor, Settings settings)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(settings))) {}

Client::~Client() = default;

Task<Result<Answer>> Client::call(Service service, std::string_view target, std::string body,
                                  Deadline deadline) {
  return impl_->call(service, std::string(target), std::move(body), deadline);
}

}  // namespace orderflow::aws
