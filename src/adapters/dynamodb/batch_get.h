#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "adapters/dynamodb/database.h"
#include "adapters/dynamodb/item.h"

namespace orderflow::dynamodb {

/// Whether a read sees everything that was answered before it, or, for half the price, what was so
/// a moment ago.
enum class Reading { Consistent, Eventual };

/// The items that are there under these keys, in any order. No key may come twice. A request reads
/// 100 keys; what DynamoDB leaves unprocessed is asked for again.
Task<Result<std::vector<boost::json::object>>> batch_get(Database& database, std::string table,
                                                         std::vector<Attributes> keys,
                                                         aws::Deadline deadline,
                                                         Reading reading = Reading::Consistent);

}  // namespace orderflow::dynamodb
