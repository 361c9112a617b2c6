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

  PaymentAnswer pay(sandbox::PaymentOperation operation, const PaymentRequest& request,
                    bool declines = false);
  [[nodiscard]] PaymentRecord record(const OrderId& order) const;
  ShipAnswer ship(const OrderId& order, const std::string& key, bool declines = false);
  [[nodiscard]] ShipAnswer shipment(const OrderId& order, const std::string& key) const;

  /// From now on this key is answered with 500, unless it has an answer already.
  void break_key(const std::string& key);

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
  std::map<std::string, Kept> kept_;
  std::map<OrderId, sandbox::PaymentAccount> accounts_;
  std::map<OrderId, std::string> shipments_;  ///< the key under which each was made last
  std::set<std::string> refused_shipments_;
};

class FaultyGateway final : public PaymentGateway {
 public:
  FaultyGateway(World& world, Process& process, Outside& outside)
      : world_(world), process_(process), outside_(outside) {}

  Task<PaymentAnswer> authorize(PaymentRequest request) override;
  Task<PaymentAnswer> capture(PaymentRequest request) override;
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override;
  Task<PaymentAnswer> refund(PaymentRequest request) override;
  Task<std::optional<PaymentRecord>> look_up(OrderId order) override;

 private:
  Task<PaymentAnswer> pay(Point point, Effect effect, sandbox::PaymentOperation operation,
                          PaymentRequest request);
  PaymentAnswer take(const Met& met, sandbox::PaymentOperation operation,
                     const PaymentRequest& request);

  World& world_;
  Process& process_;
  Outside& outside_;
};

class FaultyCarrier final : public Carrier {
 public:
  FaultyCarrier(World& world, Process& process, Outside& outside)
      : world_(world), process_(process), outside_(outside) {}

  Task<ShipAnswer> ship(std::string key, std::shared_ptr<const OrderBody> order) override;
  Task<ShipAnswer> look_up(std::string key) override;

 private:
  ShipAnswer take(const Met& met, const OrderId& order, const std::string& key);

  World& world_;
  Process& process_;
  Outside& outside_;
};

}  // namespace orderflow::world
