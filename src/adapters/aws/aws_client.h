#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "adapters/aws/aws_settings.h"
#include "base/result.h"
#include "base/task.h"
#include "http/client/deadline.h"

namespace orderflow {

class CredentialSource;
class TlsTrust;

/// What a service answered. A 4xx that the same request would meet again is an answer, not an error.
struct AwsAnswer {
  int status = 0;
  std::string body;
  /// The error's name without the prefix up to '#', "ConditionalCheckFailedException"; empty on
  /// success.
  std::string error;
  [[nodiscard]] bool ok() const { return status == 200; }
};

/// DynamoDB, SQS and the secrets, by their JSON protocols over HTTP/1.1 with keep-alive, signed
/// with SigV4. Calls of one client share its connections and may run side by side. Used on the I/O
/// thread only.
///
///     auto answer = co_await client.call(AwsService::DynamoDb, "DynamoDB_20120810.GetItem", body,
///                                        deadline);
///
/// Throttling, 5xx, broken connections and tries that hang are tried again with full jitter until
/// the deadline. The error that remains is Throttled, Unavailable or Timeout; the service may have
/// done what was asked all the same.
class AwsClient {
 public:
  AwsClient(boost::asio::any_io_executor executor, AwsSettings settings);
  ~AwsClient();
  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  /// How long the first try of a call may take. Calls take milliseconds, so a longer try hangs and is
  /// given up. Each further try may take twice as long as the one before.
  static constexpr std::chrono::milliseconds kFirstTry{1'000};

  /// One request with the X-Amz-Target `target`. Costs a round trip, and a TLS handshake on a new
  /// connection. `first_try` is longer where the service answers late on purpose.
  Task<Result<AwsAnswer>> call(AwsService service, std::string target, std::string body,
                               Deadline deadline, std::chrono::milliseconds first_try = kFirstTry);

  /// False once so many calls of the service in a row, with all their tries, had no answer: it is down
  /// or cannot be reached. Any answer makes it true again.
  static constexpr int kUnansweredMax = 3;
  [[nodiscard]] bool is_answered_by(AwsService service) const;

 private:
  struct ServiceRoute;
  struct FailedTry;

  Result<ServiceRoute*> route_to(AwsService service);
  Task<std::expected<AwsAnswer, FailedTry>> attempt(ServiceRoute& route, const std::string& target,
                                                    const std::string& body, Deadline deadline);

  const boost::asio::any_io_executor executor_;
  const AwsSettings settings_;
  const std::shared_ptr<CredentialSource> credentials_;
  std::shared_ptr<TlsTrust> trust_;  ///< made with the first route over TLS
  std::array<std::unique_ptr<ServiceRoute>, kAwsServiceCount> routes_;  ///< by AwsService
};

}  // namespace orderflow
