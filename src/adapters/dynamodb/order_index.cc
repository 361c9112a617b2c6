#include "adapters/dynamodb/order_index.h"

#include <algorithm>
#include <iterator>

#include "adapters/dynamodb/order_item.h"
#include "base/gather.h"

namespace orderflow::dynamodb {
namespace {

/// Days that are asked for side by side.
constexpr int kDaysAtOnceMax = 32;

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

/// Some moment in the range's last or first day; a range that is open ends at `otherwise`.
Timestamp moment_of(std::string_view bound, Timestamp otherwise) {
  const auto digits = bound.substr(0, bound.find('#'));
  const auto at = created_at(std::string(digits) + "#00000000-0000-0000-0000-000000000000");
  return at.value_or(otherwise);
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

Task<Result<RangeKeys>> sorts_in(DynamoClient& client, std::string table,
                                 std::vector<Partition> partitions, SortRange range,
                                 Direction direction, std::size_t wanted, Deadline deadline) {
  if (range.low > range.high) co_return RangeKeys();  // DynamoDB refuses such a range
  std::vector<Task<Result<RangeKeys>>> queries;
  for (Partition& partition : partitions) {
    IndexQuery query{.hash_key = partition.attribute,
                     .value = std::move(partition.value),
                     .range_key = "sort",
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
    if (!std::ranges::all_of(found->keys,
                             [](const auto& sort) { return id_in(sort).has_value(); })) {
      co_return failure(ErrorCode::Corrupt, "an index of orders is not as it was written");
    }
    lists.push_back(std::move(*found));
  }
  co_return merge(std::move(lists), direction);
}

Task<Result<RangeKeys>> newest_of_all(DynamoClient& client, std::string table, SortRange range,
                                      Timestamp now, std::size_t wanted, Deadline deadline) {
  using std::chrono::days;
  // No order is newer than the clocks of our hosts disagree.
  const Timestamp newest = std::min(moment_of(range.high, Timestamp::max()), now + days(1));
  auto day = std::chrono::floor<days>(newest);
  const auto first_day = std::chrono::floor<days>(moment_of(range.low, Timestamp()));
  RangeKeys found;
  int at_once = 1;
  for (int silent = 0; silent < kSilentDaysMax && day >= first_day;) {
    std::vector<Partition> some_days;
    for (; std::ssize(some_days) < at_once && day >= first_day; day -= days(1)) {
      some_days.push_back({"day", day_of(day)});
    }
    const auto asked = static_cast<int>(some_days.size());
    auto sorts = co_await sorts_in(client, table, std::move(some_days), range,
                                   Direction::NewestFirst, wanted - found.keys.size(), deadline);
    if (!sorts) co_return std::unexpected(std::move(sorts.error()));
    silent = sorts->keys.empty() ? silent + asked : 0;
    std::ranges::move(sorts->keys, std::back_inserter(found.keys));
    found.more = sorts->more || found.keys.size() >= wanted;
    if (found.more) break;
    at_once = std::min(2 * at_once, kDaysAtOnceMax);
  }
  co_return found;
}

Task<Result<Stretch>> oldest_of_all(DynamoClient& client, std::string table, SortRange range,
                                    std::size_t wanted, Deadline deadline) {
  using std::chrono::days;
  auto day = std::chrono::floor<days>(moment_of(range.low, Timestamp()));
  const auto last_day = std::chrono::floor<days>(moment_of(range.high, Timestamp()));
  std::vector<Partition> some_days;
  for (; std::ssize(some_days) < kDaysAtOnceMax && day <= last_day; day += days(1)) {
    some_days.push_back({"day", day_of(day)});
  }
  std::string end = day <= last_day ? sort_at(day) : range.high;
  auto found = co_await sorts_in(client, table, std::move(some_days), std::move(range),
                                 Direction::OldestFirst, wanted, deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->more) end = found->keys.back() + '!';  // stands before every other sort behind it
  co_return Stretch{std::move(found->keys), std::move(end)};
}

}  // namespace orderflow::dynamodb
