#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "order/model/step.h"

namespace orderflow {

/// The steps that this process is taking. A provider may take longer than order-recovery waits, so
/// nudges come for an order that is being worked on; each would ask the provider once more, and the
/// calls would soon fill the queue. Costs about 50 ns a step. One thread.
class StepsInProgress {
 public:
  /// A step until its end.
  class Step {
   public:
    Step(Step&&) noexcept = default;
    Step& operator=(Step&&) = delete;
    ~Step() {
      if (all_) all_->orders(operation_).erase(order_);
    }

   private:
    friend class StepsInProgress;
    Step(std::shared_ptr<StepsInProgress> all, Operation operation, OrderId order)
        : all_(std::move(all)), operation_(operation), order_(order) {}

    std::shared_ptr<StepsInProgress>
        all_;  ///< a step that is cut off at the end outlives the program's
    Operation operation_;
    OrderId order_;
  };

  /// Begins a step; nullopt where the order is already at it. A void does not wait for the
  /// authorization that it makes void.
  [[nodiscard]] static std::optional<Step> begin(std::shared_ptr<StepsInProgress> all,
                                                 Operation operation, const OrderId& order) {
    // Claim, capture and shipment follow each other in one go.
    if (operation == Operation::Capture || operation == Operation::Ship) {
      operation = Operation::Claim;
    }
    if (!all->orders(operation).insert(order).second) return std::nullopt;
    return Step(std::move(all), operation, order);
  }

 private:
  using Orders = boost::unordered_flat_set<OrderId, std::hash<OrderId>>;

  Orders& orders(Operation operation) { return orders_[static_cast<std::size_t>(operation)]; }

  std::array<Orders, kOperationCount> orders_;
};

}  // namespace orderflow
