#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/item.h"

namespace orderflow::dynamodb {

/// DynamoDB's limit on the parts of one transaction.
inline constexpr std::size_t kTransactionPartsMax = 100;

/// What became of a transaction: all of it or nothing was done.
struct Transacted {
  bool done = false;
  bool first_refused = false;  ///< the condition of the first part failed, on `first_item`
  std::optional<DynamoItem> first_item = {};  ///< nullopt where it does not exist
};

/// A transaction in the making: TransactWriteItems.
class Transaction {
 public:
  /// The first part decides: while it is busy, failed conditions of other parts do not count. The
  /// stock may have been too low only because of the other transaction on the order.
  Transaction& update(const std::string& request) { return add("Update", request); }
  Transaction& put(const std::string& request) { return add("Put", request); }

  /// Does all parts or nothing. DynamoDB executes transactions with the same `token` once (within ten
  /// minutes), so sending it again after a lost answer is a success, not a conflict. While another
  /// transaction changes one of the items, tries again with jitter; gives up with Throttled. Costs two
  /// write units for each KB of each item.
  Task<Result<Transacted>> run(DynamoClient& client, std::string token, Deadline deadline) const;

 private:
  Transaction& add(std::string_view kind, const std::string& request);

  std::string parts_;
};

}  // namespace orderflow::dynamodb
