#pragma once

#include "apps/lambda/metrics.h"
#include "ports/order_store.h"

namespace orderflow::lambda {

/// An order store that counts what comes of the orders stored in it. What is committed is counted
/// once: whoever loses the race for a version has not committed.
class CountedOrderStore final : public OrderStore {
 public:
  CountedOrderStore(OrderStore& store, Tally& tally) : store_(store), tally_(tally) {}

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override;
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override;
  Task<Result<OrderPtr>> load(OrderId id, View view) override;
  Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                     Transition transition) override;
  Task<Result<OrderPage>> list(OrderQuery query) override;
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                  std::int64_t limit) override;
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override;

 private:
  OrderStore& store_;
  Tally& tally_;
};

}  // namespace orderflow::lambda
