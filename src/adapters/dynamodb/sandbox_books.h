#pragma once

#include <string>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/sandbox/books.h"

namespace orderflow {

/// The books of the sandbox's provider and carrier in a DynamoDB table, one item an order
/// (dynamodb/sandbox_item.h). Each change of an account is a compare-and-swap on its version.
///
/// pay() costs 1 RRU and 1 WRU, or, asked again, 1 RRU; ship() 1 WRU; the look-ups 1 RRU. So a life
/// is 3 WRU and 2 RRU, none of which a real provider costs. Used on the I/O thread only.
class DynamoSandboxBooks final : public sandbox::Books {
 public:
  DynamoSandboxBooks(DynamoClient& client, std::string table)
      : client_(client), table_(std::move(table)) {}

  Task<Result<PaymentAnswer>> pay(sandbox::PaymentOperation operation, int attempt,
                                  PaymentRequest request) override;
  Task<Result<PaymentRecord>> payment(OrderId order) override;
  Task<Result<int>> ship(OrderId order, int attempt) override;
  Task<Result<std::optional<int>>> shipment(OrderId order) override;

 private:
  struct Stored;
  Task<Result<Stored>> load(const OrderId& order, Deadline deadline);
  /// False where another process changed the account first.
  Task<Result<bool>> store(const OrderId& order, const Stored& next, Deadline deadline);

  DynamoClient& client_;
  std::string table_;
};

}  // namespace orderflow
