#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "adapters/dynamodb/database.h"
#include "adapters/dynamodb/update.h"

namespace orderflow::dynamodb {

/// The items that are there under these keys, in any order. No key may come twice. A request reads
/// 100 keys; what DynamoDB leaves unprocessed is asked for again.
Task<Result<std::vector<boost::json::object>>> batch_get(Database& database, std::string table,
                                                         std::vector<Attributes> keys,
                                                         aws::Deadline deadline,
                                                         Reading reading = Reading::Consistent);

}  // namespace orderflow::dynamodb
