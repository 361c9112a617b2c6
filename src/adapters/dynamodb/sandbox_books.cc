#include "adapters/dynamodb/sandbox_books.h"

#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/reads.h"
#include "adapters/dynamodb/sandbox_item.h"
#include "adapters/dynamodb/update.h"

namespace orderflow {

using sandbox::PaymentAccount;
using sandbox::PaymentOperation;

/// What the books have of an order. Version 0: the provider does not know it.
struct DynamoSandboxBooks::Stored {
  std::int64_t version = 0;
  PaymentAccount account;
  std::optional<int> shipment;
};

Task<Result<DynamoSandboxBooks::Stored>> DynamoSandboxBooks::load(const OrderId& order,
                                                                  Deadline deadline) {
  auto found = co_await dynamodb::get_item(client_, table_, dynamodb::order_key(order), deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  Stored stored;
  const std::optional<dynamodb::DynamoItem>& item = *found;
  if (!item) co_return stored;
  const auto shipment = dynamodb::read_shipment(*item);
  if (!shipment) co_return std::unexpected(shipment.error());
  stored.shipment = *shipment;
  auto account = dynamodb::read_account(*item);
  if (!account) co_return std::unexpected(std::move(account.error()));
  if (!*account) co_return stored;
  stored.version = item->number("version").value_or(0);
  stored.account = std::move(**account);
  co_return stored;
}

Task<Result<bool>> DynamoSandboxBooks::store(const OrderId& order, const Stored& next,
                                             Deadline deadline) {
  dynamodb::Update update(table_, dynamodb::order_key(order));
  update.set("version", next.version);
  for (const auto& [name, value] : dynamodb::account_attributes(next.account)) {
    update.set(name, value);
  }
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
  dynamodb::Update update(table_, dynamodb::order_key(order));
  update.set("shipment", std::int64_t{attempt}).only_if_absent("shipment");
  auto reply = co_await client_.request("UpdateItem", update.request(), client_.deadline());
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->ok()) co_return attempt;
  const auto item = dynamodb::item_at(reply->body, "Item");
  const auto earlier = item ? item->number("shipment") : std::nullopt;
  if (!earlier) {
    co_return failure(ErrorCode::Corrupt, "the sandbox's books are not as they were written");
  }
  co_return static_cast<int>(*earlier);
}

Task<Result<std::optional<int>>> DynamoSandboxBooks::shipment(OrderId order) {
  auto stored = co_await load(order, client_.deadline());
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  co_return stored->shipment;
}

}  // namespace orderflow
