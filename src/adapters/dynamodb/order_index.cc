#include "adapters/dynamodb/order_index.h"

#include <algorithm>
#include <iterator>

#include "adapters/dynamodb/gather.h"
#include "adapters/dynamodb/item.h"
#include "adapters/dynamodb/order_item.h"

namespace orderflow::dynamodb {
namespace {

/// Days that are asked for side by side.
constexpr int kDaysAtOnceMax = 32;

std::string query_request(const std::string& table, const Partition& partition,
                          const SortRange& range, Direction direction, std::size_t wanted) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", table).member("IndexName", partition.index);
  out.member("KeyConditionExpression", "#p = :p AND #sort BETWEEN :low AND :high");
  out.member("ProjectionExpression", "#sort");
  out.key("ExpressionAttributeNames").begin_object();
  out.member("#p", partition.attribute).member("#sort", "sort").end_object();
  out.key("ExpressionAttributeValues");
  write_item(out, {{":p", partition.value}, {":low", range.low}, {":high", range.high}});
  out.member("ScanIndexForward", direction == Direction::OldestFirst);
  out.member("Limit", wanted).end_object();
  return text;
}

Result<Sorts> read_sorts(const boost::json::object& answer) {
  Sorts found;
  const auto* value = answer.if_contains("Items");
  const auto* items = value ? value->if_array() : nullptr;
  if (items == nullptr) return failure(ErrorCode::Unavailable, "DynamoDB's answer has no items");
  for (const auto& element : *items) {
    const auto* attributes = element.if_object();
    const auto sort = attributes ? DynamoItem(*attributes).text("sort") : std::nullopt;
    if (!sort || !id_in(*sort)) {
      return failure(ErrorCode::Corrupt, "an index of orders is not as it was written");
    }
    found.sorts.emplace_back(*sort);
  }
  found.more = answer.contains("LastEvaluatedKey");
  return found;
}

Task<Result<Sorts>> query(DynamoClient& client, std::string request, Deadline deadline) {
  auto reply = co_await client.request("Query", std::move(request), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return read_sorts(reply->body);
}

/// One list out of many. Where one of them goes on behind its last order, nothing behind that order
/// is complete.
Sorts merge(std::vector<Sorts> lists, Direction direction) {
  const auto precedes = [direction](const std::string& a, const std::string& b) {
    return direction == Direction::NewestFirst ? a > b : a < b;
  };
  Sorts merged;
  std::string last_complete;
  for (Sorts& list : lists) {
    if (list.more && !list.sorts.empty()) {
      const std::string& last = list.sorts.back();
      if (!merged.more || precedes(last, last_complete)) last_complete = last;
      merged.more = true;
    }
    std::ranges::move(list.sorts, std::back_inserter(merged.sorts));
  }
  std::ranges::sort(merged.sorts, precedes);
  // An order that moves from list to list may be met in both.
  merged.sorts.erase(std::ranges::unique(merged.sorts).begin(), merged.sorts.end());
  if (merged.more) {
    std::erase_if(merged.sorts, [&](const auto& sort) { return precedes(last_complete, sort); });
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

Task<Result<Sorts>> sorts_in(DynamoClient& client, std::string table,
                             std::vector<Partition> partitions, SortRange range,
                             Direction direction, std::size_t wanted, Deadline deadline) {
  if (range.low > range.high) co_return Sorts();  // DynamoDB refuses such a range
  std::vector<Task<Result<Sorts>>> queries;
  for (const Partition& partition : partitions) {
    queries.push_back(
        query(client, query_request(table, partition, range, direction, wanted), deadline));
  }
  auto answers = co_await gather(std::move(queries));
  std::vector<Sorts> lists;
  for (auto& found : answers) {
    if (!found) co_return std::unexpected(std::move(found.error()));
    lists.push_back(std::move(*found));
  }
  co_return merge(std::move(lists), direction);
}

Task<Result<Sorts>> newest_of_all(DynamoClient& client, std::string table, SortRange range,
                                  Timestamp now, std::size_t wanted, Deadline deadline) {
  using std::chrono::days;
  // No order is newer than the clocks of our hosts disagree.
  const Timestamp newest = std::min(moment_of(range.high, Timestamp::max()), now + days(1));
  auto day = std::chrono::floor<days>(newest);
  const auto first_day = std::chrono::floor<days>(moment_of(range.low, Timestamp()));
  Sorts found;
  int at_once = 1;
  for (int silent = 0; silent < kSilentDaysMax && day >= first_day;) {
    std::vector<Partition> some_days;
    for (; std::ssize(some_days) < at_once && day >= first_day; day -= days(1)) {
      some_days.push_back({"by_day", "day", day_of(day)});
    }
    const auto asked = static_cast<int>(some_days.size());
    auto sorts = co_await sorts_in(client, table, std::move(some_days), range,
                                   Direction::NewestFirst, wanted - found.sorts.size(), deadline);
    if (!sorts) co_return std::unexpected(std::move(sorts.error()));
    silent = sorts->sorts.empty() ? silent + asked : 0;
    std::ranges::move(sorts->sorts, std::back_inserter(found.sorts));
    found.more = sorts->more || found.sorts.size() >= wanted;
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
    some_days.push_back({"by_day", "day", day_of(day)});
  }
  std::string end = day <= last_day ? sort_at(day) : range.high;
  auto found = co_await sorts_in(client, table, std::move(some_days), std::move(range),
                                 Direction::OldestFirst, wanted, deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->more) end = found->sorts.back() + '!';  // stands before every other sort behind it
  co_return Stretch{std::move(found->sorts), std::move(end)};
}

}  // namespace orderflow::dynamodb
