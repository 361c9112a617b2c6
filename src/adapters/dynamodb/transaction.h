#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/dynamodb/database.h"
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
  /// Another transaction is changing the item, or it is throttled: nobody knows about conditions.
  [[nodiscard]] bool busy(std::size_t part) const;
  [[nodiscard]] bool any_busy() const;
  /// The item that a condition met; nullopt where there is none. Looks into this object.
  [[nodiscard]] std::optional<Item> item(std::size_t part) const;

 private:
  [[nodiscard]] const boost::json::array* reasons() const;
  [[nodiscard]] std::string_view code(std::size_t part) const;

  boost::json::object cancellation_;
  bool done_;
};

/// A transaction in the making: TransactWriteItems.
class Transaction {
 public:
  /// The first part decides: while it is busy, what the others say is not believed.
  Transaction& update(const std::string& request) { return add("Update", request); }
  Transaction& put(const std::string& request) { return add("Put", request); }

  /// Does all parts or nothing. `token`: DynamoDB does what has the same token once (for ten
  /// minutes), so that a repetition after a lost answer counts as success. Tries again, with
  /// jitter, what met another transaction, and gives up with Throttled. Costs two write units for
  /// each KB of each item.
  Task<Result<Transacted>> run(Database& database, std::string token, aws::Deadline deadline) const;

 private:
  Transaction& add(std::string_view kind, const std::string& request);

  std::string parts_;
};

}  // namespace orderflow::dynamodb
