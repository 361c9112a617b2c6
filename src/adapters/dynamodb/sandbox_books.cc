#include "adapters/dynamodb/sandbox_books.h"

#include <limits>

#include "adapters/dynamodb/reads.h"
#include "adapters/dynamodb/update.h"

namespace orderflow {

using sandbox::PaymentAccount;
using sandbox::PaymentOperation;

namespace {

dynamodb::Attributes key_of(const OrderId& order) { return {{"id", order.to_string()}}; }

std::unexpected<Error> corrupt() {
  return failure(ErrorCode::Corrupt, "the sandbox's books are not as they were written");
}

}  // namespace

/// What the books have of an order. Version 0: the provider does not know it.
struct DynamoSandboxBooks::Stored {
  std::int64_t version = 0;
  PaymentAccount account;
  std::optional<int> shipment;
};

Task<Result<DynamoSandboxBooks::Stored>> DynamoSandboxBooks::load(const OrderId& order,
                                                                  Deadline deadline) {
  auto found = co_await dynamodb::get_item(client_, table_, key_of(order), deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  Stored stored;
  const std::optional<dynamodb::DynamoItem>& item = *found;
  if (!item) co_return stored;
  if (const auto attempt = item->number("shipment")) {
    if (*attempt < 1 || *attempt > std::numeric_limits<int>::max()) co_return corrupt();
    stored.shipment = static_cast<int>(*attempt);
  }
  const auto version = item->number("version");
  if (!version) co_return stored;  // shipped, and never paid for
  const auto currency = item->text("currency");
  const auto method = item->text("method");
  const auto text = item->text("entries");
  auto entries = text ? sandbox::parse_entries(*text) : std::nullopt;
  if (!currency || !method || !entries) co_return corrupt();
  stored.version = *version;
  stored.account = {std::string(*currency), std::string(*method), std::move(*entries)};
  co_return stored;
}

Task<Result<bool>> DynamoSandboxBooks::store(const OrderId& order, const Stored& next,
                                             Deadline deadline) {
  std::string entries;
  for (const sandbox::PaymentEntry& entry : next.account.entries) append_entry(entries, entry);
  dynamodb::Update update(table_, key_of(order));
  update.set("version", next.version).set("currency", next.account.currency);
  update.set("method", next.account.payment_method).set("entries", entries);
  if (next.version == 1) {
    update.only_if_absent("version");
  } else {
    update.only_if("version", "=", next.version - 1);
  }
  auto reply = co_await client_.request("UpdateItem", update.request(), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return reply->ok();
}

Task<Result<PaymentAnswer>> DynamoSandboxBooks::pay(PaymentOperation operation, int attempt,
                                                    PaymentRequest request) {
  const Deadline deadline = client_.deadline();
  // After a lost race, or the lost answer to a write of our own, the next round finds the entry.
  for (int race = 0;; ++race) {
    auto stored = co_await load(request.order, deadline);
    if (!stored) co_return std::unexpected(std::move(stored.error()));
    const bool known = stored->version > 0;
    const std::size_t entries_before = stored->account.entries.size();
    PaymentAnswer answer = apply(stored->account, known, operation, attempt, request);
    if (known && stored->account.entries.size() == entries_before) co_return answer;
    ++stored->version;
    const auto entered = co_await store(request.order, *stored, deadline);
    if (!entered) co_return std::unexpected(entered.error());
    if (*entered) co_return answer;
    const bool again = co_await dynamodb::back_off(race, deadline);
    if (!again) co_return failure(ErrorCode::Throttled, "the account keeps changing");
  }
}

Task<Result<PaymentRecord>> DynamoSandboxBooks::payment(OrderId order) {
  auto stored = co_await load(order, client_.deadline());
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  co_return record_of(stored->account);
}

Task<Result<int>> DynamoSandboxBooks::ship(OrderId order, int attempt) {
  dynamodb::Update update(table_, key_of(order));
  update.set("shipment", std::int64_t{attempt}).only_if_absent("shipment");
  auto reply = co_await client_.request("UpdateItem", update.request(), client_.deadline());
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->ok()) co_return attempt;
  const auto item = dynamodb::item_at(reply->body, "Item");
  const auto earlier = item ? item->number("shipment") : std::nullopt;
  if (!earlier) co_return corrupt();
  co_return static_cast<int>(*earlier);
}

Task<Result<std::optional<int>>> DynamoSandboxBooks::shipment(OrderId order) {
  auto stored = co_await load(order, client_.deadline());
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  co_return stored->shipment;
}

}  // namespace orderflow
