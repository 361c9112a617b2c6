#include "adapters/dynamodb/transaction.h"

#include <algorithm>

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::dynamodb {
namespace {

bool condition_failed(const boost::json::value& reason) {
  return text_member(reason, "Code") == "ConditionalCheckFailed";
}

/// Another transaction is changing the item, or it is throttled: its condition was not evaluated.
bool busy(const boost::json::value& reason) {
  const auto code = text_member(reason, "Code");
  return code == "TransactionConflict" || code == "ThrottlingError" ||
         code == "ProvisionedThroughputExceeded";
}

}  // namespace

Transaction& Transaction::add(std::string_view kind, const std::string& request) {
  if (!parts_.empty()) parts_ += ',';
  JsonWriter out(parts_);
  out.begin_object().key(kind).raw(request).end_object();
  return *this;
}

Task<Result<Transacted>> Transaction::run(DynamoClient& client, std::string token,
                                          Deadline deadline) const {
  std::string request;
  JsonWriter out(request);
  out.begin_object().key("TransactItems").raw("[" + parts_ + "]");
  out.member("ClientRequestToken", token).end_object();
  for (int attempt = 0;; ++attempt) {
    auto reply = co_await client.request("TransactWriteItems", request, deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (reply->ok()) co_return Transacted{.done = true};
    // Why nothing was done, part by part.
    const auto& reasons = array_member(reply->body, "CancellationReasons");
    if (std::ranges::any_of(reasons, condition_failed) && !busy(reasons.front())) {
      co_return Transacted{.first_refused = condition_failed(reasons.front()),
                           .first_item = item_at(reasons.front(), "Item")};
    }
    // Neither a condition nor a conflict: the request itself is invalid, and would be again.
    if (std::ranges::none_of(reasons, busy)) {
      co_return failure(ErrorCode::Refused, "DynamoDB refuses the transaction");
    }
    const bool again = co_await back_off(attempt, deadline);
    if (!again) co_return failure(ErrorCode::Throttled, "DynamoDB: TransactionConflict");
  }
}

}  // namespace orderflow::dynamodb
