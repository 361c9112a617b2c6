#pragma once

#include "adapters/simulated/simulated_ledger.h"
#include "base/time.h"
#include "ports/carrier.h"

namespace orderflow {

/// A carrier for development and tests: it takes every parcel, one an order.
class SimulatedCarrier final : public Carrier {
 public:
  /// Each answer comes `latency` after its effect.
  explicit SimulatedCarrier(SimulatedLedger& ledger, Duration latency = Duration::zero())
      : ledger_(ledger), latency_(latency) {}

  Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) override;
  Task<ShipAnswer> look_up(std::string key) override;

 private:
  SimulatedLedger& ledger_;
  Duration latency_;
};

}  // namespace orderflow
