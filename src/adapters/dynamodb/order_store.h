#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/order_index.h"
#include "ports/clock.h"
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
///   create()               3 WRU   the item, and one entry in each of two indexes
///   create(), key in use   1 WRU   the failed condition, which answers what is stored
///   find()                 1 RRU
///   load()                 1 RRU; as it was a moment ago (View::Recent) 0.5
///   commit()               1 WRU   and, where the order enters or leaves a list (parked, declined,
///                                  sold out, cancelled), 1 more, 2 to change from list to list
///   ... that moves stock   2 WRU + 2 WRU a SKU   a transaction; the same for the lists
///   list()                 1 RRU an order looked at, and 0.5 RRU a Query: by customer 1 Query, by
///                          declined, sold out or cancelled 10, otherwise 1 a day, up to 400 behind
///                          the oldest order
///   overdue()              5.5 RRU and 2 WRU   8 Queries and a sweep (dynamodb/sweep.h), in which
///                          an order costs 1.04 RRU in all its life, and a late order 3 WRU; 1 RRU
///                          more a late order in each call
///   parked()               0.5 RRU and 1 RRU an order
///
/// A whole life, without the provider's books, in writes (and reads: 0.5 RRU a nudge, and the sweep's;
/// catalogue apart):
///
///   step                         made to order     one SKU in stock
///   received                     3                 3
///   authorized                   1                 1
///   reserved                     1                 2 + 2
///   claimed                      1                 1
///   captured and shipped         1                 2 + 2
///   together                     7 WRU, 2.54 RRU   13 WRU, 2.54 RRU
///
/// An order of more than 99 SKUs is InvalidInput: a transaction has at most 100 parts. Used on the
/// I/O thread only.
// clang-format on
class DynamoOrderStore final : public OrderStore {
 public:
  DynamoOrderStore(DynamoClient& client, Clock& clock, DynamoOrderSettings settings)
      : client_(client), clock_(clock), settings_(std::move(settings)) {}

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
  /// First a sweep: looks through the orders created since the last call and puts those that are not
  /// at their end on the open lists (dynamodb/sweep.h). Then reads the lists. No order is due before
  /// its creation, so only orders created at or before `due_before` are looked at, the oldest first;
  /// of those on the lists, a few thousand at most.
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override;

  /// Calls `on_stored` with the last event of each order that create() or commit() has stored.
  void notify_stored(std::function<void(EventType)> on_stored) {
    on_stored_ = std::move(on_stored);
  }

  /// Calls `on_unreadable` with each order that list(), overdue() or parked() leave out since this
  /// version cannot read it. overdue() reports each of them in every call.
  void notify_unreadable(std::function<void(const OrderId&)> on_unreadable) {
    on_unreadable_ = std::move(on_unreadable);
  }

 private:
  void report(const std::vector<OrderId>& unreadable) const;
  Task<Result<CommitOutcome>> commit_order(std::uint32_t expected_version,
                                           const Transition& transition);
  Task<Result<CommitOutcome>> commit_with_stock(std::uint32_t expected_version,
                                                const Transition& transition);
  Task<Result<dynamodb::RangeKeys>> find_sorts(const OrderQuery& query, dynamodb::SortRange range,
                                               std::size_t wanted, Deadline deadline);

  DynamoClient& client_;
  Clock& clock_;
  DynamoOrderSettings settings_;
  std::function<void(EventType)> on_stored_ = [](EventType) {};
  std::function<void(const OrderId&)> on_unreadable_ = [](const OrderId&) {};
};

}  // namespace orderflow
