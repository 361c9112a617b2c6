#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "adapters/dynamodb/dynamo_client.h"
#include "ports/shop_archive.h"

namespace orderflow {

/// Where a shop is on AWS.
struct DynamoShopTables {
  std::string orders;
  std::string products;
  std::string books;   ///< of the sandbox
  std::string id_key;  ///< of the hash that derives ids from idempotency keys; secret
};

/// Reads the three tables into temporary files, which the archive then works on: no call of it needs the
/// network. Runs `io`. Calls `on_item` for each item that is read.
///
/// DynamoDB has no view of several items at one moment. So all is read once and then a second time, for
/// the versions alone. Where none has changed, each item was as it was read when the first reading
/// ended: that is the moment that the archive shows. Otherwise both are read again, three times at most.
/// Costs two read units for each 4 KB of the shop: 0.3 for an order of a line with its books.
///
/// NotFound where there are no such tables, Unavailable where the shop never rests for as long as the
/// readings take.
[[nodiscard]] Result<std::unique_ptr<ShopArchive>> open_dynamo_archive(
    boost::asio::io_context& io, DynamoClient& client, DynamoShopTables tables,
    const std::function<void()>& on_item);

}  // namespace orderflow
