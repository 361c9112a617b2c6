#pragma once

#include "adapters/sandbox/books.h"
#include "base/time.h"
#include "ports/carrier.h"

namespace orderflow {

/// A carrier for development and tests: it accepts every parcel, one for each order.
class SandboxCarrier final : public Carrier {
 public:
  /// Each answer comes `latency` after its effect.
  explicit SandboxCarrier(sandbox::Books& books, Duration latency = Duration::zero())
      : books_(books), latency_(latency) {}

  Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) override;
  Task<ShipAnswer> look_up(std::string key) override;

 private:
  sandbox::Books& books_;
  Duration latency_;
};

/// "SIM" and the first eight bytes of the id as a number. Ids that orderflow makes differ in them.
[[nodiscard]] std::string tracking_number(const OrderId& order);

}  // namespace orderflow
