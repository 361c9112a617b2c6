#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "adapters/aws/sigv4.h"
#include "base/result.h"
#include "base/task.h"
#include "http/client/deadline.h"
#include "http/client/endpoint.h"

namespace orderflow {

class HttpPool;

/// Where credentials come from, as the environment says, in the order of the SDKs: the keys
/// themselves (as in Lambda), the endpoint of a container (ECS, EKS), the metadata service of the
/// machine (EC2).
struct CredentialOrigin {
  /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Wins over all others.
  std::optional<Credentials> fixed;

  /// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, and what to send as Authorization. Plain
  /// http is accepted only for this machine and the known link-local addresses.
  std::optional<Endpoint> container;
  std::string container_target;
  std::string container_token;
  std::string container_token_file;  ///< read anew each time: EKS rotates it

  /// AWS_EC2_METADATA_SERVICE_ENDPOINT; none with AWS_EC2_METADATA_DISABLED=true.
  std::optional<Endpoint> metadata;

  /// InvalidInput names the variable.
  [[nodiscard]] static Result<CredentialOrigin> from_environment();
};

/// Hands out credentials and renews those that expire, well before they do. For one thread, held by
/// shared pointer.
class CredentialSource : public std::enable_shared_from_this<CredentialSource> {
 public:
  CredentialSource(boost::asio::any_io_executor executor, Result<CredentialOrigin> origin,
                   const std::optional<std::string>& ca_bundle);

  /// Returns at once as a rule. A renewal takes one or three round trips on the machine's network; of
  /// callers that wait side by side, one fetches for all. InvalidInput where no origin is set.
  Task<Result<std::shared_ptr<const Credentials>>> get(Deadline deadline);

 private:
  [[nodiscard]] bool lasts(std::chrono::seconds time) const;
  Task<void> renew(Deadline deadline);

  const boost::asio::any_io_executor executor_;
  const Result<CredentialOrigin> origin_;
  std::shared_ptr<HttpPool> pool_;  ///< to the container's endpoint or the metadata service

  std::shared_ptr<const Credentials> current_;
  std::chrono::system_clock::time_point expiry_{};
  std::chrono::steady_clock::time_point next_try_{};
  Error last_error_{ErrorCode::Unavailable, {}};
  bool is_renewing_ = false;
  /// One a caller that waits for a renewal, which cancels them all at its end.
  std::list<boost::asio::steady_timer> waiting_;
};

}  // namespace orderflow
