#pragma once

#include <boost/json/array.hpp>
#include <span>
#include <string>
#include <string_view>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/item.h"

namespace orderflow::dynamodb {

/// One page of a Scan: a megabyte of items, read consistently.
struct ScanRequest {
  std::string table;
  /// Of each item only these; empty for all of them.
  std::span<const std::string_view> attributes = {};
  std::string behind;  ///< ScanPage::behind of the page before; empty for the first
};
struct ScanPage {
  boost::json::array items;
  std::string behind;  ///< where the next page starts; empty at the end
};

/// Tries again for kScanPatience where DynamoDB throttles or fails, so a scan of a large table outlasts a
/// bad minute. Costs a read unit for 4 KB, whatever the attributes.
inline constexpr std::chrono::minutes kScanPatience{5};
Task<Result<ScanPage>> scan_page(DynamoClient& client, ScanRequest request);

}  // namespace orderflow::dynamodb
