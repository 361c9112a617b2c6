#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/item.h"

namespace orderflow::dynamodb {

/// DynamoDB's limit on the parts of one transaction.
inline constexpr std::size_t kTransactionPartsMax = 100;

/// What became of a transaction: all of it or nothing was done.
class Transacted {
 public:
  explicit Transacted(boost::json::object cancellation, bool done)
      : cancellation_(std::move(cancellation)), done_(done) {}

  [[nodiscard]] bool done() const { return done_; }
  /// Why nothing was done, part by part.
  [[nodiscard]] bool condition_failed(std::size_t part) const;
  [[nodiscard]] bool any_condition_failed() const;
  /// Another transaction is changing the item, or it is throttled: its condition was not evaluated.
  [[nodiscard]] bool busy(std::size_t part) const;
  [[nodiscard]] bool any_busy() const;
  /// The item that failed the condition; nullopt where it does not exist. Points into this object.
  [[nodiscard]] std::optional<DynamoItem> item(std::size_t part) const;

 private:
  [[nodiscard]] const boost::json::array* reasons() const;
  [[nodiscard]] std::string_view code(std::size_t part) const;

  boost::json::object cancellation_;
  bool done_;
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
