#include "adapters/dynamodb/transaction.h"

#include "base/json_writer.h"

namespace orderflow::dynamodb {

const boost::json::array* Transacted::reasons() const {
  const auto* value = cancellation_.if_contains("CancellationReasons");
  return value ? value->if_array() : nullptr;
}

std::string_view Transacted::code(std::size_t part) const {
  const auto* all = reasons();
  const auto* reason = all && part < all->size() ? (*all)[part].if_object() : nullptr;
  const auto* value = reason ? reason->if_contains("Code") : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

bool Transacted::condition_failed(std::size_t part) const {
  return code(part) == "ConditionalCheckFailed";
}

bool Transacted::busy(std::size_t part) const {
  const std::string_view why = code(part);
  return why == "TransactionConflict" || why == "ThrottlingError" ||
         why == "ProvisionedThroughputExceeded";
}

bool Transacted::any_condition_failed() const {
  for (std::size_t part = 0; part < kTransactionPartsMax; ++part) {
    if (condition_failed(part)) return true;
  }
  return false;
}

bool Transacted::any_busy() const {
  for (std::size_t part = 0; part < kTransactionPartsMax; ++part) {
    if (busy(part)) return true;
  }
  return false;
}

std::optional<DynamoItem> Transacted::item(std::size_t part) const {
  const auto* all = reasons();
  const auto* reason = all && part < all->size() ? (*all)[part].if_object() : nullptr;
  return reason ? item_at(*reason, "Item") : std::nullopt;
}

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
    Transacted outcome(std::move(reply->body), reply->ok());
    if (outcome.done()) co_return outcome;
    if (outcome.any_condition_failed() && !outcome.busy(0)) co_return outcome;
    // Neither a condition nor a conflict: the request itself is invalid, and would be again.
    if (!outcome.any_busy()) {
      co_return failure(ErrorCode::InvalidInput, "DynamoDB refuses the transaction");
    }
    const bool again = co_await back_off(attempt, deadline);
    if (!again) co_return failure(ErrorCode::Throttled, "DynamoDB: TransactionConflict");
  }
}

}  // namespace orderflow::dynamodb
