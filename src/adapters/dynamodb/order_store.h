#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/order_item.h"
#include "ports/order_store.h"

namespace orderflow {

struct DynamoOrderSettings {
  std::string orders_table;
  std::string products_table;  ///< whose stock commits move
  std::string id_key;          ///< of the hash that derives ids from idempotency keys; secret
};

// clang-format off
/// Orders in DynamoDB, one item each (dynamodb/order_item.h). DynamoDB answers a write once it is
/// durable, so View::Durable and View::Latest are the same: a consistent read. View::Recent is an
/// eventually consistent read for half the price. What each call costs, for an order of up to 1 KB, in
/// write and read units (WRU, RRU; a read unit reads 4 KB with consistency):
///
///   create()               4 WRU   the item, and one entry in each of three indexes
///   create(), key in use   1 WRU   the failed condition, which answers what is stored
///   find()                 1 RRU
///   load()                 1 RRU; as it was a moment ago (View::Recent) 0.5
///   commit()               1 WRU   and 1 more where the order comes to its end or is parked, 1 where
///                                  it enters or leaves a list (parked, declined, sold out, cancelled),
///                                  2 to change from list to list; 2 where a step is put off, and with
///                                  the step after that
///   ... that moves stock   2 WRU + 2 WRU a SKU   a transaction; the same for the lists
///   list()                 1 RRU an order looked at, and 0.5 RRU a Query: by customer 1 Query, by
///                          declined, sold out or cancelled 16, otherwise 8
///   overdue()              4 RRU   8 Queries; and 1 RRU an order looked at
///   parked()               4 RRU and 1 RRU an order
///
/// A whole life, without the provider's books, in writes (and reads: 0.5 RRU a nudge; catalogue apart):
///
///   step                         made to order     one SKU in stock
///   received                     4                 4
///   authorized                   1                 1
///   reserved                     1                 2 + 2
///   claimed                      1                 1
///   captured and shipped         2                 3 + 2
///   together                     9 WRU, 1.5 RRU    15 WRU, 1.5 RRU
///
/// An order of more than 99 SKUs is InvalidInput: a transaction has at most 100 parts. Used on the
/// I/O thread only.
// clang-format on
class DynamoOrderStore final : public OrderStore {
 public:
  DynamoOrderStore(DynamoClient& client, DynamoOrderSettings settings)
      : client_(client), settings_(std::move(settings)) {}

  /// With an idempotency key the id of the order is derived from it, so that one conditional put
  /// decides between created, replayed and reused. Keys are honoured for as long as orders are
  /// kept.
  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  /// VersionConflict may be returned for a commit of our own, where its answer was lost and another
  /// process has committed since: loading the order shows both.
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  /// Reads the index of open orders, the longest overdue first, within a budget: 2,048 entries, ten
  /// orders at a time and without their bodies, in two thirds of the time that there is. Each call goes
  /// on where the budget of the one before ended, and begins anew after it has come to the end. So the
  /// longest overdue orders, which may be overdue for ever, do not keep the others from being found.
  /// The place is in this object only.
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<ParkedPage>> parked(std::int64_t limit, std::string cursor) override;

  /// Calls `on_stored` with the last event of each order that create() or commit() has stored.
  void notify_stored(std::function<void(EventType)> on_stored) {
    on_stored_ = std::move(on_stored);
  }

  /// Calls `on_unreadable` with each order that list(), overdue() or parked() leave out since this
  /// version cannot read it. overdue() reports each of them in every round.
  void notify_unreadable(std::function<void(const OrderId&)> on_unreadable) {
    on_unreadable_ = std::move(on_unreadable);
  }

 private:
  void report(const std::vector<OrderId>& unreadable) const;
  Task<Result<CommitOutcome>> commit_order(std::uint32_t expected_version,
                                           const Transition& transition);
  Task<Result<CommitOutcome>> commit_with_stock(std::uint32_t expected_version,
                                                const Transition& transition);
  /// Those of at most kOrdersAtOnce orders that are overdue. Reports those that cannot be read.
  Task<Result<std::vector<OverdueOrder>>> overdue_of(std::vector<OrderId> ids, Timestamp due_before,
                                                     Deadline deadline);

  DynamoClient& client_;
  DynamoOrderSettings settings_;
  std::string go_on_behind_ = dynamodb::sort_at(Timestamp());  ///< where overdue() begins
  std::function<void(EventType)> on_stored_ = [](EventType) {};
  std::function<void(const OrderId&)> on_unreadable_ = [](const OrderId&) {};
};

}  // namespace orderflow
