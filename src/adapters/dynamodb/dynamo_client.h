#pragma once

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/aws/client.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow::dynamodb {

/// What requests have cost, in request units: a write unit writes 1 KB of an item or of an index, a
/// read unit reads 4 KB with consistency. Transactions pay twice.
struct Units {
  double read = 0;
  double write = 0;
};

/// What DynamoDB answered. A condition that failed and a transaction that was cancelled are
/// answers: whoever asked knows what they mean.
struct Reply {
  boost::json::object body;
  std::string error;  ///< "ConditionalCheckFailedException"; empty on success
  [[nodiscard]] bool ok() const { return error.empty(); }
};

inline constexpr std::string_view kConditionFailed = "ConditionalCheckFailedException";
inline constexpr std::string_view kTransactionCancelled = "TransactionCanceledException";

/// Requests to DynamoDB. For the I/O thread.
///
///     auto reply = co_await database.request("GetItem", std::move(body), database.deadline());
///
/// What the client does not try again by itself is tried again here: an item that a transaction of
/// somebody else is changing (TransactionConflictException) and a transaction of our own that is
/// still under way. What remains is an Error; its detail names the kind of failure and nothing of
/// the request.
class Database {
 public:
  /// How one request is sent; a test has a script of answers in its place.
  using Send = std::function<Task<Result<aws::Answer>>(std::string_view operation, std::string body,
                                                       aws::Deadline deadline)>;

  explicit Database(aws::Client& client);
  explicit Database(Send send) : send_(std::move(send)) {}

  /// For all requests of one operation of a port together.
  [[nodiscard]] aws::Deadline deadline() const {
    return std::min(end_, std::chrono::steady_clock::now() + patience_);
  }
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
  /// However many operations there are: no deadline() is later than this.
  void end_by(aws::Deadline end) { end_ = end; }

  Task<Result<Reply>> request(std::string_view operation, std::string body, aws::Deadline deadline);

  /// From now on every answer tells its cost, and spent() adds it up: for benchmarks and tests.
  void count_units() { counting_ = true; }
  [[nodiscard]] const Units& spent() const { return spent_; }

 private:
  void add_units(std::string_view operation, const boost::json::object& body);

  Send send_;
  std::chrono::milliseconds patience_{5'000};
  aws::Deadline end_ = aws::Deadline::max();
  bool counting_ = false;
  Units spent_;
};

/// Waits before try `attempt` (0 for the second one): a random time, longer with each try. False,
/// at once, where the deadline would pass meanwhile.
Task<bool> back_off(int attempt, aws::Deadline deadline);

/// What tells our own write from everybody else's: 66 random bits, in 11 letters.
[[nodiscard]] std::string new_write_token();

}  // namespace orderflow::dynamodb
