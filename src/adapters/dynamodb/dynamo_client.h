#pragma once

#include <algorithm>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/aws/aws_client.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow {

/// What DynamoDB answered. A condition that failed and a transaction that was cancelled are answers
/// too: what they mean depends on the request.
struct DynamoReply {
  boost::json::value body;  ///< an object
  std::string error;        ///< "ConditionalCheckFailedException"; empty on success
  [[nodiscard]] bool ok() const { return error.empty(); }
};

/// Requests to DynamoDB. Used on the I/O thread only.
///
///     auto reply = co_await client.request("GetItem", std::move(body), client.deadline());
///
/// AwsClient tries again while DynamoDB throttles, while a transaction of another client changes
/// the item (TransactionConflictException) and while an earlier try of our own transaction is still
/// under way. The detail of an Error names the kind of failure and nothing of the request.
class DynamoClient {
 public:
  /// Sends one request; tests pass a script of answers.
  using Send = std::function<Task<Result<AwsAnswer>>(std::string_view operation, std::string body,
                                                     Deadline deadline)>;

  explicit DynamoClient(AwsClient& client);
  explicit DynamoClient(Send send) : send_(std::move(send)) {}

  /// When an operation of a port that begins now must end, all its requests together.
  [[nodiscard]] Deadline deadline() const {
    return std::min(end_, std::chrono::steady_clock::now() + patience_);
  }
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
  /// No deadline() is later than this: when the Lambda invocation ends, for example.
  void end_by(Deadline end) { end_ = end; }

  Task<Result<DynamoReply>> request(std::string_view operation, std::string body,
                                    Deadline deadline);

 private:
  Send send_;
  std::chrono::milliseconds patience_{5'000};
  Deadline end_ = Deadline::max();
};

namespace dynamodb {

// Errors that are answers (DynamoReply::error).
inline constexpr std::string_view kConditionFailed = "ConditionalCheckFailedException";
inline constexpr std::string_view kTransactionCancelled = "TransactionCanceledException";

/// Waits before another try, a random time that grows with `attempt`, which is 0 before the second
/// try. Returns false without waiting where the deadline would pass first.
Task<bool> back_off(int attempt, Deadline deadline);

/// Marks a write as ours, so that it is recognized after its answer was lost: 66 random bits in 11
/// letters.
[[nodiscard]] std::string new_write_token();

}  // namespace dynamodb
}  // namespace orderflow
