#include "apps/lambda/counted_order_store.h"

#include <utility>

namespace orderflow::lambda {
namespace {

void count(Tally& tally, EventType event) {
  switch (event) {
    case EventType::OrderShipped:
      ++tally.orders_shipped;
      break;
    case EventType::PaymentDeclined:
    case EventType::CaptureDeclined:
      ++tally.orders_declined;
      break;
    case EventType::OutOfStock:
      ++tally.orders_out_of_stock;
      break;
    case EventType::OrderCancelled:
      ++tally.orders_cancelled;
      break;
    case EventType::WorkParked:
      ++tally.orders_parked;
      break;
    case EventType::OrderReceived:
    case EventType::PaymentAuthorized:
    case EventType::StockReserved:
    case EventType::FulfillmentClaimed:
    case EventType::PaymentCaptured:
    case EventType::PaymentVoided:
    case EventType::WorkDeferred:
    case EventType::WorkRetried:
      break;
  }
}

}  // namespace

Task<Result<Creation>> CountedOrderStore::create(OrderPtr order,
                                                 std::optional<Idempotency> idempotency) {
  auto created = co_await store_.create(std::move(order), std::move(idempotency));
  if (created && created->outcome == CreateOutcome::Created) ++tally_.orders_accepted;
  co_return created;
}

Task<Result<CommitOutcome>> CountedOrderStore::commit(std::uint32_t expected_version,
                                                      Transition transition) {
  const EventType event = transition.next->state.events.back().type;
  auto outcome = co_await store_.commit(expected_version, std::move(transition));
  if (outcome && *outcome == CommitOutcome::Committed) count(tally_, event);
  co_return outcome;
}

Task<Result<std::optional<Creation>>> CountedOrderStore::find(Idempotency idempotency) {
  return store_.find(std::move(idempotency));
}

Task<Result<OrderPtr>> CountedOrderStore::load(OrderId id, View view) {
  return store_.load(id, view);
}

Task<Result<OrderPage>> CountedOrderStore::list(OrderQuery query) {
  return store_.list(std::move(query));
}

Task<Result<std::vector<OverdueOrder>>> CountedOrderStore::overdue(Timestamp due_before,
                                                                   std::int64_t limit) {
  return store_.overdue(due_before, limit);
}

Task<Result<std::vector<OrderPtr>>> CountedOrderStore::parked(std::int64_t limit) {
  return store_.parked(limit);
}

}  // namespace orderflow::lambda
