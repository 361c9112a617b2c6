#pragma once

#include <optional>

#include "adapters/sandbox/payment_account.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow::sandbox {

/// The books of the sandbox's payment provider and carrier: what they did for each order. They are
/// kept apart from the orders, of which they know only the ids, so that an audit can compare the two.
/// Each home has a store of its own for them. After an error the caller does not know whether the
/// effect was entered.
class Books {
 public:
  virtual ~Books() = default;

  /// Answers by the rules of payment_account.h, and enters the answer once for each operation and
  /// attempt of an order.
  virtual Task<Result<PaymentAnswer>> pay(PaymentOperation operation, int attempt,
                                          PaymentRequest request) = 0;
  /// All zero where the provider does not know the order.
  virtual Task<Result<PaymentRecord>> payment(OrderId order) = 0;

  /// Enters the shipment, unless there is one; returns the attempt under which it was made.
  virtual Task<Result<int>> ship(OrderId order, int attempt) = 0;
  /// nullopt where nothing was shipped.
  virtual Task<Result<std::optional<int>>> shipment(OrderId order) = 0;
};

}  // namespace orderflow::sandbox
