#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/item.h"
#include "ports/view.h"

namespace orderflow::dynamodb {

/// Consistent: sees every write that was answered before. Eventual: may miss the writes of the last
/// moment, for half the price.
enum class Reading { Consistent, Eventual };
[[nodiscard]] inline Reading reading_for(View view) {
  return view == View::Recent ? Reading::Eventual : Reading::Consistent;
}

/// GetItem: nullopt where there is no such item.
Task<Result<std::optional<DynamoItem>>> get_item(DynamoClient& client, std::string table,
                                                 Attributes key, Deadline deadline,
                                                 Reading reading = Reading::Consistent);

struct ItemsRead {
  Reading reading = Reading::Consistent;
  /// Of each item only these; empty for all of them. What is left out costs the same, but is not sent.
  std::span<const std::string_view> attributes = {};
};

/// BatchGetItem: the items that exist under these keys, in any order. `keys` must not hold a key
/// twice. Reads 100 keys a request, and requests those again that DynamoDB returns as unprocessed.
///
/// An answer may be twice as long as what is stored, and it is in memory twice: the caller bounds
/// `keys` so that the largest items fit.
Task<Result<std::vector<DynamoItem>>> get_items(DynamoClient& client, std::string table,
                                                std::vector<Attributes> keys, Deadline deadline,
                                                ItemsRead read = {});

enum class Direction { NewestFirst, OldestFirst };

/// What to read of an index that is named after its hash key: "by_customer" has the items of one "customer",
/// ordered by their range key.
struct IndexQuery {
  std::string_view hash_key;
  std::string value;
  std::string_view range_key;
  std::string_view bounds;  ///< of the range key, "#range > :low"; empty for none
  Attributes bound_values;  ///< {{":low", ...}}
  Direction direction = Direction::OldestFirst;
  std::size_t wanted = 0;  ///< at most
};

struct RangeKeys {
  std::vector<std::string> keys;
  bool more = false;  ///< there are others behind the last one
};

/// Query: the range keys of an index, read eventually; a request for each megabyte. Corrupt where an
/// entry has none.
Task<Result<RangeKeys>> query_index(DynamoClient& client, std::string table, IndexQuery query,
                                    Deadline deadline);

}  // namespace orderflow::dynamodb
