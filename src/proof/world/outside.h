#pragma once

#include <map>
#include <set>
#include <string>

#include "adapters/sandbox/payment_account.h"
#include "ports/carrier.h"
#include "ports/payment_gateway.h"
#include "proof/world/world.h"

namespace orderflow::world {

/// The payment provider and the carrier with books of their own, which survive every crash.
class Outside {
 public:
  explicit Outside(World& world) : world_(world) {}

  PaymentAnswer pay(Operation operation, const PaymentRequest& request, bool declines = false);
  [[nodiscard]] PaymentRecord record(const OrderId& order) const;
  ShipAnswer ship(const OrderId& order, const std::string& key, bool declines = false);
  [[nodiscard]] ShipAnswer shipment(const OrderId& order, const std::string& key) const;

  /// From now on this key is answered with 500, unless it has an answer already.
  void break_key(const std::string& key);
  [[nodiscard]] bool is_broken(const std::string& key) const {
    const Kept* known = kept(key);
    return known != nullptr && known->is_error;
  }

  /// For so long the side that this effect is asked of, the provider or the carrier, answers nothing.
  void go_down(Operation effect, Duration length);
  [[nodiscard]] bool is_down(Operation effect) const;
  [[nodiscard]] bool is_down() const {
    return is_down(Operation::Authorize) || is_down(Operation::Ship);
  }

  /// Requests that were sent and have not arrived.
  int under_way = 0;

 private:
  /// The first answer under a key: replayed for 24 hours, then forgotten.
  struct Kept {
    Duration at{};
    bool is_error = false;
  };
  /// null where the key is new, or forgotten.
  [[nodiscard]] const Kept* kept(const std::string& key) const;

  World& world_;
  std::map<bool, Duration> down_until_;  ///< by whether it is the carrier
  std::map<std::string, Kept> kept_;
  std::map<OrderId, sandbox::PaymentAccount> accounts_;
  std::map<OrderId, std::string> shipments_;  ///< the key under which each was last made
  std::set<std::string> refused_shipments_;
};

/// A program's way to the outside.
struct OutsideClient {
  World& world;
  Process& process;
  Outside& outside;
};

class FaultyGateway final : public PaymentGateway {
 public:
  explicit FaultyGateway(OutsideClient client) : client_(client) {}

  Task<PaymentAnswer> authorize(PaymentRequest request) override {
    return pay(Point::Authorize, Operation::Authorize, std::move(request));
  }
  Task<PaymentAnswer> capture(PaymentRequest request) override {
    return pay(Point::Capture, Operation::Capture, std::move(request));
  }
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override {
    return pay(Point::Void, Operation::Void, std::move(request));
  }
  Task<PaymentAnswer> refund(PaymentRequest request) override;
  Task<std::expected<PaymentRecord, PaymentAnswer>> look_up(OrderId order) override;

 private:
  Task<PaymentAnswer> pay(Point point, Operation effect, PaymentRequest request);

  OutsideClient client_;
};

class FaultyCarrier final : public Carrier {
 public:
  explicit FaultyCarrier(OutsideClient client) : client_(client) {}

  Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) override;
  Task<ShipAnswer> look_up(std::string key) override;

 private:
  OutsideClient client_;
};

}  // namespace orderflow::world
