#include "adapters/dynamodb/order_index.h"

#include <algorithm>
#include <iterator>

#include "adapters/dynamodb/order_item.h"
#include "base/gather.h"

namespace orderflow::dynamodb {
namespace {

/// One list out of many. Where one of them goes on behind its last order, nothing behind that order
/// is complete.
RangeKeys merge(std::vector<RangeKeys> lists, Direction direction) {
  const auto precedes = [direction](const std::string& a, const std::string& b) {
    return direction == Direction::NewestFirst ? a > b : a < b;
  };
  RangeKeys merged;
  std::string last_complete;
  for (RangeKeys& list : lists) {
    if (list.more && !list.keys.empty()) {
      const std::string& last = list.keys.back();
      if (!merged.more || precedes(last, last_complete)) last_complete = last;
      merged.more = true;
    }
    std::ranges::move(list.keys, std::back_inserter(merged.keys));
  }
  std::ranges::sort(merged.keys, precedes);
  // An order that moves from list to list may be met in both.
  merged.keys.erase(std::ranges::unique(merged.keys).begin(), merged.keys.end());
  if (merged.more) {
    std::erase_if(merged.keys, [&](const auto& sort) { return precedes(last_complete, sort); });
  }
  return merged;
}

}  // namespace

SortRange sort_range(const OrderQuery& query) {
  // A bound without '#' and id stands before every order of its millisecond.
  return {.low = query.from ? sort_at(*query.from) : sort_at(Timestamp()),
          .high = query.to ? sort_at(*query.to) : ":"};  // ':' follows '9'
}

std::string just_below(std::string sort) {
  if (!sort.empty()) --sort.back();
  return sort;
}

void append_shards(std::vector<Partition>& lists, std::string_view attribute, std::string_view list,
                   std::string_view range_key) {
  for (int shard = 0; shard < kShards; ++shard) {
    lists.push_back({attribute, shard_of_list(list, shard), range_key});
  }
}

Task<Result<RangeKeys>> sorts_in(DynamoClient& client, std::string table,
                                 std::vector<Partition> partitions, SortRange range,
                                 Direction direction, std::size_t wanted, Deadline deadline) {
  if (range.low > range.high) co_return RangeKeys();  // DynamoDB refuses such a range
  std::vector<Task<Result<RangeKeys>>> queries;
  for (Partition& partition : partitions) {
    IndexQuery query{.hash_key = partition.attribute,
                     .value = std::move(partition.value),
                     .range_key = partition.range_key,
                     .bounds = "#range BETWEEN :low AND :high",
                     .bound_values = {{":low", range.low}, {":high", range.high}},
                     .direction = direction,
                     .wanted = wanted};
    queries.push_back(query_index(client, table, std::move(query), deadline));
  }
  auto answers = co_await gather(std::move(queries));
  std::vector<RangeKeys> lists;
  for (auto& found : answers) {
    if (!found) co_return std::unexpected(std::move(found.error()));
    lists.push_back(std::move(*found));
  }
  RangeKeys merged = merge(std::move(lists), direction);
  // An entry that names no order must not hide the others.
  std::erase_if(merged.keys, [](const std::string& sort) { return !id_in(sort); });
  if (merged.keys.empty() && merged.more) {
    co_return failure(ErrorCode::Corrupt, "a page of an index of orders names no order");
  }
  co_return merged;
}

}  // namespace orderflow::dynamodb
