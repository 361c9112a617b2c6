#include "adapters/dynamodb/reads.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <span>

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::dynamodb {
namespace {

constexpr std::size_t kKeysMax = 100;

/// The value of RequestItems.
std::string request_items(const std::string& table, std::span<const Attributes> keys,
                          const ItemsRead& read) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key(table).begin_object().key("Keys").begin_array();
  for (const Attributes& key : keys) write_item(out, key);
  out.end_array().member("ConsistentRead", read.reading == Reading::Consistent);
  write_projection(out, read.attributes);
  out.end_object().end_object();
  return text;
}

/// What is to be asked for again, as RequestItems; empty where nothing is left.
std::string unprocessed(const boost::json::value& body) {
  const auto* tables = member(body, "UnprocessedKeys").if_object();
  return tables && !tables->empty() ? boost::json::serialize(*tables) : std::string();
}

}  // namespace

Task<Result<std::optional<DynamoItem>>> get_item(DynamoClient& client, std::string table,
                                                 Attributes key, Deadline deadline,
                                                 Reading reading) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", table).key("Key");
  write_item(out, key);
  out.member("ConsistentRead", reading == Reading::Consistent).end_object();
  auto reply = co_await client.request("GetItem", std::move(text), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return item_at(reply->body, "Item");
}

Task<Result<std::vector<DynamoItem>>> get_items(DynamoClient& client, std::string table,
                                                std::vector<Attributes> keys, Deadline deadline,
                                                ItemsRead read) {
  std::vector<DynamoItem> items;
  items.reserve(keys.size());
  std::span<const Attributes> left(keys);
  while (!left.empty()) {
    const auto chunk = left.first(std::min(left.size(), kKeysMax));
    left = left.subspan(chunk.size());
    std::string wanted = request_items(table, chunk, read);
    for (int attempt = 0;; ++attempt) {
      auto reply =
          co_await client.request("BatchGetItem", "{\"RequestItems\":" + wanted + "}", deadline);
      if (!reply) co_return std::unexpected(std::move(reply.error()));
      for (const auto& item : array_member(member(reply->body, "Responses"), table)) {
        items.emplace_back(item);
      }
      wanted = unprocessed(reply->body);
      if (wanted.empty()) break;
      const bool again = co_await back_off(attempt, deadline);
      if (!again) co_return failure(ErrorCode::Throttled, "DynamoDB: UnprocessedKeys");
    }
  }
  co_return items;
}

Task<Result<RangeKeys>> query_index(DynamoClient& client, std::string table, IndexQuery query,
                                    Deadline deadline) {
  std::string condition = "#hash = :hash";
  if (!query.bounds.empty()) condition.append(" AND ").append(query.bounds);
  query.bound_values.emplace_back(":hash", query.value);
  RangeKeys answer;
  std::string behind;  // where the last page ended: an ExclusiveStartKey
  do {
    std::string text;
    JsonWriter out(text);
    out.begin_object().member("TableName", table);
    out.member("IndexName", "by_" + std::string(query.hash_key));
    out.member("KeyConditionExpression", condition).member("ProjectionExpression", "#range");
    out.key("ExpressionAttributeNames").begin_object();
    out.member("#hash", query.hash_key).member("#range", query.range_key).end_object();
    out.key("ExpressionAttributeValues");
    write_item(out, query.bound_values);
    out.member("ScanIndexForward", query.direction == Direction::OldestFirst);
    out.member("Limit", query.wanted - answer.keys.size());
    if (!behind.empty()) out.key("ExclusiveStartKey").raw(behind);
    out.end_object();
    auto reply = co_await client.request("Query", std::move(text), deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (!member(reply->body, "Items").is_array()) {
      co_return failure(ErrorCode::Unavailable, "DynamoDB's answer has no items");
    }
    for (const auto& entry : array_member(reply->body, "Items")) {
      const auto range_key = text_member(member(entry, query.range_key), "S");
      if (!range_key) {
        co_return failure(ErrorCode::Corrupt, "the index by_" + std::string(query.hash_key) +
                                                  " is not as it was written");
      }
      answer.keys.emplace_back(*range_key);
    }
    const auto& last = member(reply->body, "LastEvaluatedKey");
    answer.more = !last.is_null();
    behind = answer.more ? boost::json::serialize(last) : std::string();
  } while (answer.more && answer.keys.size() < query.wanted);
  co_return answer;
}

}  // namespace orderflow::dynamodb
