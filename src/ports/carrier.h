#pragma once

#include <memory>
#include <optional>
#include <string>

#include "order/model/order.h"
#include "ports/payment_gateway.h"
#include "base/task.h"

namespace orderflow {

struct Shipment {
  std::string tracking_number;
  std::string carrier;
};

struct ShipAnswer {
  EffectOutcome outcome{};
  Shipment shipment;   ///< where Ok
  std::string reason;  ///< where not
};

/// Who takes parcels to people. Idempotent under the key, which the carrier knows as the client
/// reference. No call throws or fails.
class Carrier {
 public:
  virtual ~Carrier() = default;

  /// Declined where this carrier will never take it: the order is parked for a person.
  virtual Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) = 0;
  /// The shipment made under this key: Ok with it, Declined where there is none, else Unknown.
  virtual Task<ShipAnswer> look_up(std::string key) = 0;
};

}  // namespace orderflow
