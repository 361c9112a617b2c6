#include "adapters/dynamodb/archive/table_scan.h"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "adapters/aws/aws_json.h"
#include "base/json_writer.h"

namespace orderflow::dynamodb {

Task<Result<ScanPage>> scan_page(DynamoClient& client, ScanRequest request) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", request.table).member("ConsistentRead", true);
  write_projection(out, request.attributes);
  if (!request.behind.empty()) out.key("ExclusiveStartKey").raw(request.behind);
  out.end_object();
  const Deadline deadline = std::chrono::steady_clock::now() + kScanPatience;
  auto reply = co_await client.request("Scan", std::move(text), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto* body = reply->body.if_object();
  auto* items = body != nullptr && body->contains("Items") ? body->at("Items").if_array() : nullptr;
  if (items == nullptr) {
    co_return failure(ErrorCode::Unavailable, "DynamoDB's answer has no items");
  }
  ScanPage page{.items = std::move(*items)};
  const auto& last = member(reply->body, "LastEvaluatedKey");
  if (!last.is_null()) page.behind = boost::json::serialize(last);
  co_return page;
}

}  // namespace orderflow::dynamodb
