#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/reads.h"
#include "ports/order_store.h"

// Which orders are in a list, by the indexes of order_item.h. An index holds only the sort of an
// order, "1790000000000#<id>". Indexes follow the table a moment later.
namespace orderflow::dynamodb {

/// The orders that share one value of an attribute that has an index.
struct Partition {
  std::string_view attribute;
  std::string value;
};

/// Includes both ends.
struct SortRange {
  std::string low;
  std::string high;
};
[[nodiscard]] SortRange sort_range(const OrderQuery& query);
/// The upper end of a range that continues behind the order with this sort, newest first: greater than
/// every smaller sort, less than this one.
[[nodiscard]] std::string just_below(std::string sort);

/// The sorts of the orders of several partitions as one list, each once, at most about `wanted` of
/// each partition: one Query a partition, side by side. Costs half a read unit a Query (about 40
/// orders, then half a unit more).
Task<Result<RangeKeys>> sorts_in(DynamoClient& client, std::string table,
                                 std::vector<Partition> partitions, SortRange range,
                                 Direction direction, std::size_t wanted, Deadline deadline);

/// The sorts of all orders, newest first, by their days. Goes back to the start of the range, or until
/// kSilentDaysMax days in a row have no order, since the day of the first order is not stored. Orders
/// older than such a gap are found with `to`.
Task<Result<RangeKeys>> newest_of_all(DynamoClient& client, std::string table, SortRange range,
                                      Timestamp now, std::size_t wanted, Deadline deadline);

inline constexpr int kSilentDaysMax = 400;

struct Stretch {
  std::vector<std::string> sorts;  ///< oldest first
  std::string end;  ///< the orders of the range that come before it are these; goes on with it
};

/// The first orders of all in a range, by their days: `wanted` or those of 32 days, one Query a
/// day.
Task<Result<Stretch>> oldest_of_all(DynamoClient& client, std::string table, SortRange range,
                                    std::size_t wanted, Deadline deadline);

}  // namespace orderflow::dynamodb
