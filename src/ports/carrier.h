#pragma once

#include <memory>
#include <string>

#include "base/task.h"
#include "order/model/order.h"
#include "ports/payment_gateway.h"

namespace orderflow {

struct Shipment {
  std::string tracking_number;
  std::string carrier;
};

struct ShipAnswer {
  EffectOutcome outcome{};
  Shipment shipment;       ///< where Ok
  std::string reason;      ///< where not
  Duration retry_after{};  ///< as of PaymentAnswer
};

/// The carrier that delivers parcels. Calls are idempotent under the key, which the carrier knows
/// as the client reference. No call throws or fails: what is not certain is EffectOutcome::Unknown.
class Carrier {
 public:
  virtual ~Carrier() = default;

  /// Declined where the carrier will never take this parcel: the order is parked for a person.
  virtual Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) = 0;
  /// The shipment of this key: Ok with it, Declined where there is none, otherwise Unknown or PutOff.
  virtual Task<ShipAnswer> look_up(std::string key) = 0;
};

}  // namespace orderflow
