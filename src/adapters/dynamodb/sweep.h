#pragma once

#include <string>
#include <vector>

#include "adapters/dynamodb/batch_get.h"
#include "adapters/dynamodb/database.h"
#include "ports/order_store.h"

// Nearly every order is SHIPPED seconds after it came, so none is entered in a list of open orders
// when it comes: that would be two writes a life. A sweep comes by later and enters the few that
// are not at their end.
//
// The sweep walks by_day in order of creation and keeps its place in the orders table:
//
//   id     S   "sweep"
//   soon   S   every order with a smaller sort was looked at once
//   late   S   ... and once more, an hour after it was created
//
// No order is stuck silently:
//
// 1. An order that the sweep finds neither at its end nor parked is put on an open list, on the
//    condition that its version is still the one that was read. Where somebody was faster the place
//    stays before that order, so that the next sweep looks at it again. Once on the list it stays
//    there until it ends or is parked, since commits leave the list alone; a retry puts it back.
// 2. An eventual read is enough: an order never leaves its end, what is read late as being on its
//    way fails the condition, and what is read late as being parked was retried, which listed it.
// 3. The index follows the table, as a rule within a second. An entry that comes after the sweep
//    has passed its place is met by the second look, an hour later. A silent loss would need an
//    entry more than an hour late and, for the same order, a lost nudge. After an outage of that
//    kind delete the item "sweep": the next sweep begins 40 days ago.
// 4. Sweeps may run side by side: each keeps only a place up to which it has looked itself.
namespace orderflow::dynamodb {

/// Orders, and those of them that do not read back as what this version writes: after a newer one
/// was rolled back, say. They must not keep the others from being worked on.
struct Loaded {
  std::vector<OrderPtr> orders;
  std::vector<OrderId> unreadable;
};

/// The orders under these sorts, in their order; those that are gone are left out.
Task<Result<Loaded>> load_orders(Database& database, std::string table,
                                 std::vector<std::string> sorts, aws::Deadline deadline,
                                 Reading reading = Reading::Consistent);

struct SweepSettings {
  std::string orders_table;
  Timestamp until;  ///< orders created at or before
  Timestamp now;
  std::size_t wanted = 0;  ///< goes on until it has found about so many
};

/// Goes on where the last sweep ended: puts what straggles on the open lists and gives it; what it
/// can not read, too, since somebody must look at that. Takes
/// two thirds of the time until the deadline at the most; where it has not come to the end by then,
/// the next sweep goes on.
///
/// Costs 1.5 RRU and up to 2 WRU for its place, and an order that it looks at 0.5 RRU and its part
/// of a Query, together 1.04 RRU in a life; a straggler 2 WRU, and 1 when it ends.
Task<Result<Loaded>> sweep(Database& database, SweepSettings settings, aws::Deadline deadline);

}  // namespace orderflow::dynamodb
