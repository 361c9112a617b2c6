#pragma once

#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/reads.h"
#include "ports/order_store.h"

// The list of late orders. Nearly every order is SHIPPED seconds after its creation, so no order is
// put on a list of open orders when it is created: that would cost each order two more writes. A
// sweep, run by order-recovery, comes later and lists the few that are not at their end by then.
//
// The sweep walks the index by_day in order of creation and keeps its place in the orders table:
//
//   id     S   "sweep"
//   soon   S   every order with a smaller sort was looked at once
//   late   S   ... and a second time, an hour after its creation
//
// Why no late order is missed:
//
// 1. An order that the sweep finds neither at its end nor parked is put on an open list, on the
//    condition that its version is still the one that was read. If another process has committed
//    meanwhile, the place stays before that order, so that the next sweep looks at it again. A listed
//    order stays listed until it ends or is parked: commits in between do not touch the list, and a
//    retry of a parked order lists it again.
// 2. Eventually consistent reads suffice. An order never leaves its end, so an old read of an ended
//    order cannot exist. An old read of an order that has moved on fails the condition. An old read
//    of a parked order that was retried since does no harm, because the retry has listed it.
// 3. The index follows the table, as a rule within a second. An entry that appears after the sweep
//    has passed its place is found by the second look, an hour later. To lose an order silently, its
//    entry would have to be more than an hour late and its nudge lost as well. After an outage of
//    that kind delete the item "sweep": the next sweep begins 40 days back.
// 4. Sweeps may run side by side: each stores only a place up to which it has looked itself.
namespace orderflow::dynamodb {

/// Orders that were read, and the ids of those that this version cannot read, as after the rollback
/// of a newer one. An unreadable order must not keep the others from being worked on.
struct Loaded {
  std::vector<OrderPtr> orders;
  std::vector<OrderId> unreadable;
};

/// The orders that have these sorts, in the same order; those that do not exist are left out.
Task<Result<Loaded>> load_orders(DynamoClient& client, std::string table,
                                 std::vector<std::string> sorts, Deadline deadline,
                                 Reading reading = Reading::Consistent);

struct SweepSettings {
  std::string orders_table;
  Timestamp until;  ///< orders created at or before
  Timestamp now;
  std::size_t wanted = 0;  ///< stops after it has found about this many
};

/// Continues where the last sweep ended. Puts late orders on the open lists and returns them; also
/// lists the orders that it cannot read, so that every later call reports them. Takes at most two
/// thirds of the time until the deadline; the next sweep continues from there.
///
/// Costs 1.5 RRU and up to 2 WRU for its place. An order costs 0.5 RRU and its part of a Query each
/// time it is looked at, together 1.04 RRU in its life; a late order 2 WRU, and 1 when it ends.
Task<Result<Loaded>> sweep(DynamoClient& client, SweepSettings settings, Deadline deadline);

}  // namespace orderflow::dynamodb
