#include "adapters/sandbox/sandbox_carrier.h"

#include "adapters/sandbox/delay.h"
#include "base/big_endian.h"

namespace orderflow {
namespace {

constexpr std::size_t kIdLetters = 36;

ShipAnswer shipped(const OrderId& order) {
  return {.outcome = EffectOutcome::Ok, .shipment = {tracking_number(order), "simulated"}};
}
ShipAnswer declined(std::string reason) {
  return {.outcome = EffectOutcome::Declined, .reason = std::move(reason)};
}
ShipAnswer unknown() {
  return {.outcome = EffectOutcome::Unknown, .reason = "carrier_unavailable"};
}

}  // namespace

Task<ShipAnswer> SandboxCarrier::ship(std::string key, std::shared_ptr<const OrderBody> order) {
  const OrderId id = order->id;
  const auto attempt = sandbox::attempt_of(key, id, "ship");
  if (!attempt) co_return declined("invalid_key");
  const auto made_under = co_await books_.ship(id, *attempt);
  if (latency_ > Duration::zero()) co_await sandbox::delay(latency_);
  if (!made_under) co_return unknown();
  if (*made_under != *attempt) co_return declined("already_shipped");
  co_return shipped(id);
}

Task<ShipAnswer> SandboxCarrier::look_up(std::string key) {
  const auto id = OrderId::parse(std::string_view(key).substr(0, kIdLetters));
  const auto attempt = id ? sandbox::attempt_of(key, *id, "ship") : std::nullopt;
  if (!attempt) co_return declined("invalid_key");
  const auto made_under = co_await books_.shipment(*id);
  if (latency_ > Duration::zero()) co_await sandbox::delay(latency_);
  if (!made_under) co_return unknown();
  if (*made_under != attempt) co_return declined("not_shipped");
  co_return shipped(*id);
}

std::string tracking_number(const OrderId& order) {
  return "SIM" + std::to_string(load_big_endian(std::span(order.bytes()).first<8>()));
}

}  // namespace orderflow
