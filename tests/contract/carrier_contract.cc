// What every Carrier promises.

#include <set>

#include "contract/adapters.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

class CarrierContract : public EffectsContract {
 protected:
  static std::string key(std::uint32_t order, int attempt = 1) {
    return idempotency_key(body(order).id, Operation::Ship, attempt);
  }
  static std::shared_ptr<const OrderBody> parcel(std::uint32_t order) {
    return std::make_shared<const OrderBody>(body(order));
  }
  ShipAnswer ship(std::uint32_t order) { return run(carrier().ship(key(order), parcel(order))); }
};
INSTANTIATE_TEST_SUITE_P(Adapters, CarrierContract, testing::ValuesIn(effects_adapters()),
                         kAdapterName);

TEST_P(CarrierContract, EachShipmentHasItsOwnTrackingNumber) {
  std::set<std::string> numbers;
  for (std::uint32_t order = 0; order < 50; ++order) {
    const ShipAnswer answer = ship(order);
    ASSERT_EQ(answer.outcome, EffectOutcome::Ok);
    EXPECT_NE(answer.shipment.tracking_number, "");
    EXPECT_NE(answer.shipment.carrier, "");
    numbers.insert(answer.shipment.tracking_number);
  }
  EXPECT_EQ(numbers.size(), 50u);
}

TEST_P(CarrierContract, ShipsOnceUnderOneKey) {
  const std::string number = ship(1).shipment.tracking_number;
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const ShipAnswer again = ship(1);
    EXPECT_EQ(again.outcome, EffectOutcome::Ok);
    EXPECT_EQ(again.shipment.tracking_number, number);
  }
}

TEST_P(CarrierContract, ManyAtOnceUnderOneKeyAreOneShipment) {
  std::vector<Task<ShipAnswer>> asked;
  for (int i = 0; i < 32; ++i) asked.push_back(carrier().ship(key(1), parcel(1)));
  std::set<std::string> numbers;
  for (const ShipAnswer& answer : run_all(io(), std::move(asked))) {
    EXPECT_EQ(answer.outcome, EffectOutcome::Ok);
    numbers.insert(answer.shipment.tracking_number);
  }
  EXPECT_EQ(numbers.size(), 1u);
}

TEST_P(CarrierContract, FindsAShipmentByItsKeyOnly) {
  EXPECT_EQ(run(carrier().look_up(key(1))).outcome, EffectOutcome::Declined);
  const ShipAnswer shipped = ship(1);
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const ShipAnswer found = run(carrier().look_up(key(1)));
    EXPECT_EQ(found.outcome, EffectOutcome::Ok);
    EXPECT_EQ(found.shipment.tracking_number, shipped.shipment.tracking_number);
    EXPECT_EQ(found.shipment.carrier, shipped.shipment.carrier);
  }
  EXPECT_EQ(run(carrier().look_up(key(1, 2))).outcome, EffectOutcome::Declined);
  EXPECT_EQ(run(carrier().look_up(key(2))).outcome, EffectOutcome::Declined);
}

}  // namespace
}  // namespace orderflow
