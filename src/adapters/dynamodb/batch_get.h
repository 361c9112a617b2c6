#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/update.h"

namespace orderflow::dynamodb {

/// The items that exist under these keys, in any order. `keys` must not hold a key twice. Reads 100
/// keys a request, and requests those again that DynamoDB returns as unprocessed.
Task<Result<std::vector<boost::json::object>>> batch_get(DynamoClient& client, std::string table,
                                                         std::vector<Attributes> keys,
                                                         Deadline deadline,
                                                         Reading reading = Reading::Consistent);

}  // namespace orderflow::dynamodb
