#include "proof/world/outside.h"

#include <fmt/format.h>

#include "adapters/sandbox/sandbox_carrier.h"
#include "base/check.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;
using sandbox::PaymentOperation;

constexpr std::size_t kIdLetters = 36;
constexpr Duration kLateMin = 10s;
constexpr Duration kLateMax = 10min;
constexpr Duration kKeysKept = 24h;

bool known(EffectOutcome outcome) {
  return outcome == EffectOutcome::Ok || outcome == EffectOutcome::Declined;
}

PaymentOperation payment_of(Operation operation) {
  switch (operation) {
    case Operation::Authorize:
      return PaymentOperation::Authorize;
    case Operation::Capture:
      return PaymentOperation::Capture;
    case Operation::Void:
      return PaymentOperation::Void;
    default:
      UNREACHABLE(operation);
  }
}

/// Forgets the key of the entry, which stays in the books: no attempt is 0.
void forget(sandbox::PaymentAccount& account, PaymentOperation operation, int attempt) {
  for (sandbox::PaymentEntry& entry : account.entries) {
    if (entry.operation == operation && entry.attempt == attempt) entry.attempt = 0;
  }
}

/// Mostly an hour or two, seldom the whole night: less than 20 hours.
Duration length_of_outage(const World& world, const Site& site) {
  const auto doubled = static_cast<Duration::rep>(world.draw(site, 12) % 7);
  return Duration(10min) * (1 << doubled) +
         world.between(0min, Duration(8min) * (1 << doubled), site, 13);
}

/// What the sender learns where the call has no effect.
template <typename Answer>
Answer no_answer(const World& world, const Met& met) {
  Answer answer{.outcome = EffectOutcome::Unknown};
  answer.reason = met.fails_before() ? "unavailable" : "timeout";
  if (met.is(Fault::Throttle)) {
    answer.outcome = EffectOutcome::PutOff;
    answer.retry_after = world.between(0s, 2min, met.site, 11);
  }
  return answer;
}

/// Lets `take` happen at the other side as the fault says, and returns what the sender learns.
template <typename Answer, typename Take>
Answer send(const OutsideClient& client, const Met& met, const std::string& key, const Take& take) {
  const Answer unknown = no_answer<Answer>(client.world, met);
  if (met.fails_before()) return unknown;
  if (met.is(Fault::StoredError)) client.outside.break_key(key);
  if (met.is(Fault::Late)) {
    ++client.outside.under_way;
    const Duration late = client.world.between(kLateMin, kLateMax, met.site, 10);
    client.world.in(late, nullptr, [&outside = client.outside, take] {
      --outside.under_way;
      (void)take(false);
    });
    return unknown;
  }
  Answer answer = take(met.is(Fault::Decline));
  return met.fails_after() ? unknown : answer;
}

/// Asks for an effect. `take` is what the other side does with the request; its argument says
/// whether it declines.
template <typename Answer, typename Take>
Task<Answer> ask(OutsideClient client, Point point, Operation effect, PaymentRequest request,
                 Take take) {
  World& world = client.world;
  if (!client.process.alive) co_await world.never(client.process);
  world.auditor().asked(effect, request.order, request.key, request.amount);
  const Met met = co_await world.call(client.process, point, world.number_of(request.order));
  if (met.is(Fault::Outage)) client.outside.go_down(effect, length_of_outage(world, met.site));
  Answer answer = client.outside.is_down(effect) ? no_answer<Answer>(world, met)
                                                 : send<Answer>(client, met, request.key, take);
  co_await world.answer(client.process, met);
  world.auditor().answered(effect, request.order, known(answer.outcome));
  co_return answer;
}

}  // namespace

void Outside::go_down(Operation effect, Duration length) {
  const bool carrier = effect == Operation::Ship;
  down_until_[carrier] = world_.now() + length;
  world_.note(kNoOrder, fmt::format("the {} is down for {} minutes",
                                    carrier ? "carrier" : "provider", length / 1min));
}

bool Outside::is_down(Operation effect) const {
  const auto until = down_until_.find(effect == Operation::Ship);
  return until != down_until_.end() && world_.now() < until->second;
}

void Outside::break_key(const std::string& key) {
  if (kept(key) == nullptr) kept_[key] = {.at = world_.now(), .is_error = true};
}

const Outside::Kept* Outside::kept(const std::string& key) const {
  const auto found = kept_.find(key);
  const bool is_kept = found != kept_.end() && world_.now() - found->second.at <= kKeysKept;
  return is_kept ? &found->second : nullptr;
}

PaymentAnswer Outside::pay(Operation effect, const PaymentRequest& request, bool declines) {
  const PaymentOperation operation = payment_of(effect);
  const auto attempt = sandbox::attempt_of(request.key, request.order, to_string(operation));
  if (!attempt) return {EffectOutcome::Declined, "invalid_key"};
  const Kept* known = kept(request.key);
  if (known != nullptr && known->is_error) return {EffectOutcome::Unknown, "provider_error"};
  const auto [at, is_new] = accounts_.try_emplace(request.order);
  sandbox::PaymentAccount& account = at->second;
  if (known == nullptr) forget(account, operation, *attempt);
  const std::size_t entries = account.entries.size();
  PaymentAnswer answer = sandbox::apply(account, !is_new, operation, *attempt, request);
  if (account.entries.size() == entries) return answer;
  kept_[request.key] = {.at = world_.now()};
  sandbox::PaymentEntry& entry = account.entries.back();
  if (declines && entry.answer == sandbox::kOk) {
    entry.answer =
        operation == PaymentOperation::Capture ? "authorization_expired" : "card_declined";
    answer = {EffectOutcome::Declined, entry.answer};
  }
  const bool ok = entry.answer == sandbox::kOk;
  world_.note(world_.number_of(request.order),
              fmt::format("{} of {} {}", to_string(operation), entry.amount,
                          ok ? "happens" : "is refused: " + entry.answer));
  if (ok) {
    world_.auditor().happened(effect, request.order, request.key, entry.amount);
  } else {
    world_.auditor().refused(effect, request.order, request.key);
  }
  return answer;
}

PaymentRecord Outside::record(const OrderId& order) const {
  const auto account = accounts_.find(order);
  return account == accounts_.end() ? PaymentRecord{} : record_of(account->second);
}

/// Ships under each key that the carrier does not know, or no longer knows.
ShipAnswer Outside::ship(const OrderId& order, const std::string& key, bool declines) {
  const Kept* known = kept(key);
  if (known != nullptr && known->is_error) return {EffectOutcome::Unknown, {}, "carrier_error"};
  if (known == nullptr && !refused_shipments_.contains(key)) {
    kept_[key] = {.at = world_.now()};
    if (declines && !shipments_.contains(order)) {
      refused_shipments_.insert(key);
      world_.note(world_.number_of(order), "its shipment is refused");
      world_.auditor().refused(Operation::Ship, order, key);
    } else {
      shipments_[order] = key;
      world_.note(world_.number_of(order), "is shipped");
      world_.auditor().happened(Operation::Ship, order, key, 0);
    }
  }
  if (refused_shipments_.contains(key)) return {EffectOutcome::Declined, {}, "address_refused"};
  return shipment(order, key);
}

ShipAnswer Outside::shipment(const OrderId& order, const std::string& key) const {
  const auto made = shipments_.find(order);
  if (made == shipments_.end()) return {EffectOutcome::Declined, {}, "not_shipped"};
  if (made->second != key) return {EffectOutcome::Declined, {}, "already_shipped"};
  return {EffectOutcome::Ok, {tracking_number(order), "simulated"}, ""};
}

Task<PaymentAnswer> FaultyGateway::refund(PaymentRequest) {
  UNREACHABLE(sandbox::PaymentOperation::Refund);
  co_return PaymentAnswer{};
}

Task<PaymentAnswer> FaultyGateway::pay(Point point, Operation effect, PaymentRequest request) {
  auto take = [&outside = client_.outside, effect, request](bool declines) {
    return outside.pay(effect, request, declines);
  };
  return ask<PaymentAnswer>(client_, point, effect, request, std::move(take));
}

Task<std::expected<PaymentRecord, PaymentAnswer>> FaultyGateway::look_up(OrderId order) {
  const auto& [world, process, outside] = client_;
  const std::uint32_t number = world.number_of(order);
  const Met met = co_await world.call(process, Point::LookUpPayment, number);
  std::expected<PaymentRecord, PaymentAnswer> record =
      std::unexpected(no_answer<PaymentAnswer>(world, met));
  if (!met.fails_before() && !outside.is_down(Operation::Authorize)) record = outside.record(order);
  co_await world.answer(process, met);
  const bool captures = world.auditor().status_of(number) == Status::Fulfilling;
  world.auditor().answered(captures ? Operation::Capture : Operation::Authorize, order,
                           record.has_value());
  co_return record;
}

Task<ShipAnswer> FaultyCarrier::ship(std::string key, std::shared_ptr<const OrderBody> order) {
  auto take = [&outside = client_.outside, id = order->id, key](bool declines) {
    return outside.ship(id, key, declines);
  };
  return ask<ShipAnswer>(client_, Point::Ship, Operation::Ship, {.order = order->id, .key = key},
                         std::move(take));
}

Task<ShipAnswer> FaultyCarrier::look_up(std::string key) {
  const auto& [world, process, outside] = client_;
  const auto order = OrderId::parse(std::string_view(key).substr(0, kIdLetters));
  CHECK(order);
  const Met met = co_await world.call(process, Point::LookUpShipment, world.number_of(*order));
  auto answer = no_answer<ShipAnswer>(world, met);
  if (!met.fails_before() && !outside.is_down(Operation::Ship)) {
    answer = outside.shipment(*order, key);
  }
  co_await world.answer(process, met);
  world.auditor().answered(Operation::Ship, *order, known(answer.outcome));
  co_return answer;
}

}  // namespace orderflow::world
