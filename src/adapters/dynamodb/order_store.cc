#include "adapters/dynamodb/order_store.h"

#include <set>

#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/product_item.h"
#include "adapters/dynamodb/reads.h"
#include "adapters/dynamodb/transaction.h"
#include "base/check.h"

namespace orderflow {
namespace {

using dynamodb::DynamoItem;

/// One part of the transaction is the order itself.
constexpr std::size_t kSkusMax = dynamodb::kTransactionPartsMax - 1;

OrderPtr with_id(const Order& order, const OrderId& id) {
  OrderBody body = *order.body;
  body.id = id;
  return std::make_shared<const Order>(
      Order{std::make_shared<const OrderBody>(std::move(body)), order.state});
}

std::size_t sku_count(const OrderBody& body) {
  std::set<std::string_view> skus;
  for (const Line& line : body.lines) skus.insert(line.sku);
  return skus.size();
}

/// What create() and find() return for a key whose order is stored.
Result<Creation> answer_of_key(const DynamoItem& stored, const Idempotency& idempotency) {
  const auto fingerprint = stored.binary("fingerprint");
  if (!fingerprint) return failure(ErrorCode::Conflict, "the order id is in use");
  if (*fingerprint != dynamodb::binary_of(idempotency.fingerprint).bytes) {
    return Creation{CreateOutcome::KeyReused, nullptr};
  }
  auto order = dynamodb::read_order(stored);
  if (!order) return std::unexpected(std::move(order.error()));
  return Creation{CreateOutcome::Replayed, std::move(*order)};
}

/// What create() returns where an order with the id is stored already. The client tries again after a
/// lost answer, so the stored order may be of this very call: its token tells.
Result<Creation> answer_of_taken(const DynamoItem& stored, OrderPtr order,
                                 const std::optional<Idempotency>& idempotency,
                                 std::string_view write_token) {
  if (stored.text("w") == write_token) return Creation{CreateOutcome::Created, std::move(order)};
  if (idempotency) return answer_of_key(stored, *idempotency);
  auto existing = dynamodb::read_order(stored);
  if (!existing) return std::unexpected(std::move(existing.error()));
  if (*(*existing)->body != *order->body) {
    return failure(ErrorCode::Conflict, "the order id is in use");
  }
  // An earlier call with this order has stored it.
  return Creation{CreateOutcome::Replayed, std::move(*existing)};
}

/// What a failed condition on the version means. `stored` is the item that failed it.
Result<CommitOutcome> answer_of_refusal(const std::optional<DynamoItem>& stored,
                                        std::string_view write_token) {
  if (!stored) return failure(ErrorCode::NotFound, "there is no such order");
  // The first answer to this very write was lost, and the client has sent it again.
  if (stored->text("w") == write_token) return CommitOutcome::Committed;
  return CommitOutcome::VersionConflict;
}

}  // namespace

Task<Result<Creation>> DynamoOrderStore::create(OrderPtr order,
                                                std::optional<Idempotency> idempotency) {
  CHECK(order->version() == 1);
  if (sku_count(*order->body) > kSkusMax) {
    co_return failure(ErrorCode::InvalidInput, "must have at most 99 different SKUs");
  }
  if (idempotency) {
    order = with_id(*order, dynamodb::derived_id(settings_.id_key, idempotency->key));
  }
  const std::string token = dynamodb::new_write_token();
  std::string put = dynamodb::put_new(settings_.orders_table,
                                      dynamodb::order_item(*order, idempotency, token), "id");
  auto reply = co_await client_.request("PutItem", std::move(put), client_.deadline());
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  Result<Creation> creation = Creation{CreateOutcome::Created, order};
  if (!reply->ok()) {
    const auto stored = dynamodb::item_at(reply->body, "Item");
    if (!stored) co_return failure(ErrorCode::Unavailable, "DynamoDB did not return the item");
    creation = answer_of_taken(*stored, std::move(order), idempotency, token);
  }
  if (creation && creation->outcome == CreateOutcome::Created) on_stored_(EventType::OrderReceived);
  co_return creation;
}

Task<Result<std::optional<Creation>>> DynamoOrderStore::find(Idempotency idempotency) {
  const OrderId id = dynamodb::derived_id(settings_.id_key, idempotency.key);
  auto stored = co_await dynamodb::get_item(client_, settings_.orders_table,
                                            dynamodb::order_key(id), client_.deadline());
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  if (!*stored) co_return std::nullopt;
  co_return answer_of_key(**stored, idempotency);
}

Task<Result<OrderPtr>> DynamoOrderStore::load(OrderId id, View view) {
  auto stored =
      co_await dynamodb::get_item(client_, settings_.orders_table, dynamodb::order_key(id),
                                  client_.deadline(), dynamodb::reading_for(view));
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  if (!*stored) co_return failure(ErrorCode::NotFound, "there is no such order");
  co_return dynamodb::read_order(**stored);
}

Task<Result<CommitOutcome>> DynamoOrderStore::commit(std::uint32_t expected_version,
                                                     Transition transition) {
  CHECK(transition.next->version() > expected_version);
  const bool moves_stock = transition.stock_move != StockMove::None &&
                           !transition.next->state.events.back().stock.empty();
  Result<CommitOutcome> outcome = CommitOutcome::VersionConflict;
  if (moves_stock) {
    outcome = co_await commit_with_stock(expected_version, transition);
  } else {
    outcome = co_await commit_order(expected_version, transition);
  }
  if (outcome == CommitOutcome::Committed) on_stored_(transition.next->state.events.back().type);
  co_return outcome;
}

Task<Result<CommitOutcome>> DynamoOrderStore::commit_order(std::uint32_t expected_version,
                                                           const Transition& transition) {
  const std::string token = dynamodb::new_write_token();
  std::string update =
      dynamodb::order_update(settings_.orders_table, expected_version, transition, token).request();
  auto reply = co_await client_.request("UpdateItem", std::move(update), client_.deadline());
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->ok()) co_return CommitOutcome::Committed;
  co_return answer_of_refusal(dynamodb::item_at(reply->body, "Item"), token);
}

Task<Result<CommitOutcome>> DynamoOrderStore::commit_with_stock(std::uint32_t expected_version,
                                                                const Transition& transition) {
  const std::string token = dynamodb::new_write_token();
  dynamodb::Transaction transaction;
  transaction.update(
      dynamodb::order_update(settings_.orders_table, expected_version, transition, token)
          .request());
  for (const StockLine& line : transition.next->state.events.back().stock) {
    transaction.update(
        dynamodb::stock_update(settings_.products_table, transition.stock_move, line).request());
  }
  // Order and stock change together or not at all. The order is part 0: if its version is not the
  // expected one, the state of the stock is of no interest.
  auto outcome = co_await transaction.run(client_, token, client_.deadline());
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  if (outcome->done) co_return CommitOutcome::Committed;
  if (outcome->first_refused) co_return answer_of_refusal(outcome->first_item, token);
  // The condition of a SKU failed. There is too little to reserve, or, for a release or a shipment,
  // less reserved than the order's own events say: then the two tables contradict each other.
  if (transition.stock_move == StockMove::Reserve) co_return CommitOutcome::SoldOut;
  co_return failure(ErrorCode::Corrupt, "less is reserved than the order holds");
}

}  // namespace orderflow
