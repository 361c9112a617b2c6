#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/reads.h"
#include "ports/order_store.h"

// Which orders are in a list, by the indexes of order_item.h. An index holds only the sort of an order
// or its look, both as "1790000000000#<id>". Indexes follow the table a moment later.
namespace orderflow::dynamodb {

/// The orders that share one value of an attribute that has an index.
struct Partition {
  std::string_view attribute;
  std::string value;
  std::string_view range_key = "sort";
};
/// The parts of a list, kShards of them, appended to `lists`: "parked#0", "parked#1", ...
void append_shards(std::vector<Partition>& lists, std::string_view attribute, std::string_view list,
                   std::string_view range_key = "sort");

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
/// orders, then half a unit more). With another range key these are not the sorts, but its values.
Task<Result<RangeKeys>> sorts_in(DynamoClient& client, std::string table,
                                 std::vector<Partition> partitions, SortRange range,
                                 Direction direction, std::size_t wanted, Deadline deadline);

}  // namespace orderflow::dynamodb
