#pragma once

#include <optional>

#include "adapters/sandbox/payment_account.h"
#include "base/result.h"
#include "base/task.h"

namespace orderflow::sandbox {

/// What the simulated payment provider and the simulated carrier have on their own books, which
/// know nothing of our orders but their ids. Each store that orderflow can live on keeps them in
/// its own way. An error means that nobody knows: the effect may have been entered.
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
