#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
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
/// Throttling, 5xx and broken connections are tried again with full jitter until the deadline. The
/// error that remains is Throttled, Unavailable or Timeout; the service may have done what was asked
/// all the same.
class AwsClient {
 public:
  AwsClient(boost::asio::any_io_executor executor, AwsSettings settings);
  ~AwsClient();
  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  /// One request with the X-Amz-Target `target`. Costs a round trip, and a TLS handshake on a new
  /// connection.
  Task<Result<AwsAnswer>> call(AwsService service, std::string target, std::string body,
                               Deadline deadline);

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
