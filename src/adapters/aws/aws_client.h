#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/aws/deadline.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow::aws {

enum class Service { DynamoDb, Sqs, SecretsManager, Ssm };

/// Where the services are and who asks, from the environment as the AWS SDKs read it: AWS_REGION
/// (or AWS_DEFAULT_REGION), AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS and
/// AWS_CA_BUNDLE. The client reads the credentials itself (credentials.h).
struct Settings {
  std::string region;
  std::optional<std::string> endpoint_url;  ///< of every service without one of its own
  std::optional<std::string> endpoint_url_dynamodb;
  std::optional<std::string> endpoint_url_sqs;
  /// A PEM file to trust in place of the Amazon roots and the system's bundle.
  std::optional<std::string> ca_bundle;

  /// InvalidInput where there is no region or a URL is none, with the name of the variable.
  [[nodiscard]] static Result<Settings> from_environment();
};

/// What a service answered. A 4xx that trying again would not change is an answer, not an error.
struct Answer {
  int status = 0;
  std::string body;
  /// Of an error, without the prefix up to '#': "ConditionalCheckFailedException"; empty on
  /// success.
  std::string error;
  [[nodiscard]] bool ok() const { return status == 200; }
};

/// DynamoDB, SQS and the secrets, by their JSON protocols over HTTP/1.1 with keep-alive, signed
/// with SigV4. Calls of one client share its connections and may run side by side. For the I/O
/// thread.
///
///     auto answer = co_await client.call(Service::DynamoDb, "DynamoDB_20120810.GetItem", body,
///     by);
///
/// Throttling, 5xx and broken connections are tried again with full jitter until the deadline; a
/// keep-alive connection that turns out closed is replaced at once. What remains is Throttled,
/// Unavailable or Timeout; the call may have happened all the same.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, Settings settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// One request with the X-Amz-Target `target`. Costs a round trip, and a TLS handshake on a new
  /// connection.
  Task<Result<Answer>> call(Service service, std::string_view target, std::string body,
                            Deadline deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::aws
