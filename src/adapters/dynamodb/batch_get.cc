#include "adapters/dynamodb/batch_get.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <span>

namespace orderflow::dynamodb {
namespace {

namespace json = boost::json;

constexpr std::size_t kKeysMax = 100;

/// The value of RequestItems.
std::string request_items(const std::string& table, std::span<const Attributes> keys,
                          Reading reading) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key(table).begin_object().key("Keys").begin_array();
  for (const Attributes& key : keys) write_item(out, key);
  out.end_array().member("ConsistentRead", reading == Reading::Consistent);
  out.end_object().end_object();
  return text;
}

void take_items(json::object& body, const std::string& table, std::vector<json::object>& items) {
  auto* responses = body.if_contains("Responses");
  auto* tables = responses ? responses->if_object() : nullptr;
  auto* value = tables ? tables->if_contains(table) : nullptr;
  auto* found = value ? value->if_array() : nullptr;
  if (found == nullptr) return;
  for (json::value& item : *found) {
    if (auto* attributes = item.if_object()) items.push_back(std::move(*attributes));
  }
}

/// What is to be asked for again, as RequestItems; empty where nothing is left.
std::string unprocessed(const json::object& body) {
  const auto* left = body.if_contains("UnprocessedKeys");
  const auto* tables = left ? left->if_object() : nullptr;
  return tables && !tables->empty() ? json::serialize(*tables) : std::string();
}

}  // namespace

Task<Result<std::vector<json::object>>> batch_get(DynamoClient& client, std::string table,
                                                  std::vector<Attributes> keys, Deadline deadline,
                                                  Reading reading) {
  std::vector<json::object> items;
  items.reserve(keys.size());
  std::span<const Attributes> left(keys);
  while (!left.empty()) {
    const auto chunk = left.first(std::min(left.size(), kKeysMax));
    left = left.subspan(chunk.size());
    std::string wanted = request_items(table, chunk, reading);
    for (int attempt = 0; !wanted.empty(); ++attempt) {
      auto reply =
          co_await client.request("BatchGetItem", "{\"RequestItems\":" + wanted + "}", deadline);
      if (!reply) co_return std::unexpected(std::move(reply.error()));
      take_items(reply->body, table, items);
      wanted = unprocessed(reply->body);
      if (wanted.empty()) break;
      const bool again = co_await back_off(attempt, deadline);
      if (!again) co_return failure(ErrorCode::Throttled, "DynamoDB: UnprocessedKeys");
    }
  }
  co_return items;
}

}  // namespace orderflow::dynamodb
