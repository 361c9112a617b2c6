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

Effect effect_of(PaymentOperation operation) {
  switch (operation) {
    case PaymentOperation::Authorize:
      return Effect::Authorize;
    case PaymentOperation::Capture:
      return Effect::Capture;
    case PaymentOperation::Void:
      return Effect::Void;
    case PaymentOperation::Refund:
      break;  // no function asks for one
  }
  UNREACHABLE(operation);
}

PaymentAnswer unknown(std::string reason) { return {EffectOutcome::Unknown, std::move(reason)}; }

/// Forgets the key of the entry, which stays in the books: no attempt is 0.
void forget(sandbox::PaymentAccount& account, PaymentOperation operation, int attempt) {
  for (sandbox::PaymentEntry& entry : account.entries) {
    if (entry.operation == operation && entry.attempt == attempt) entry.attempt = 0;
  }
}

bool loses_answer(const Met& met) { return met.fails_after() || met.is(Fault::Late); }

}  // namespace

void Outside::break_key(const std::string& key) {
  if (kept(key) == nullptr) kept_[key] = {.at = world_.now(), .is_error = true};
}

const Outside::Kept* Outside::kept(const std::string& key) const {
  const auto found = kept_.find(key);
  const bool is_kept = found != kept_.end() && world_.now() - found->second.at <= kKeysKept;
  return is_kept ? &found->second : nullptr;
}

PaymentAnswer Outside::pay(PaymentOperation operation, const PaymentRequest& request,
                           bool declines) {
  const auto attempt = sandbox::attempt_of(request.key, request.order, to_string(operation));
  if (!attempt) return {EffectOutcome::Declined, "invalid_key"};
  const Kept* known = kept(request.key);
  if (known != nullptr && known->is_error) return unknown("provider_error");
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
  const Effect effect = effect_of(operation);
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
      world_.auditor().refused(Effect::Ship, order, key);
    } else {
      shipments_[order] = key;
      world_.note(world_.number_of(order), "is shipped");
      world_.auditor().happened(Effect::Ship, order, key, 0);
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

Task<PaymentAnswer> FaultyGateway::authorize(PaymentRequest request) {
  return pay(Point::Authorize, Effect::Authorize, PaymentOperation::Authorize, std::move(request));
}
Task<PaymentAnswer> FaultyGateway::capture(PaymentRequest request) {
  return pay(Point::Capture, Effect::Capture, PaymentOperation::Capture, std::move(request));
}
Task<PaymentAnswer> FaultyGateway::void_authorization(PaymentRequest request) {
  return pay(Point::Void, Effect::Void, PaymentOperation::Void, std::move(request));
}
Task<PaymentAnswer> FaultyGateway::refund(PaymentRequest) {
  UNREACHABLE(sandbox::PaymentOperation::Refund);
  co_return PaymentAnswer{};
}

Task<PaymentAnswer> FaultyGateway::pay(Point point, Effect effect, PaymentOperation operation,
                                       PaymentRequest request) {
  if (!process_.alive) co_await world_.never(process_);
  world_.auditor().asked(effect, request.order, request.key, request.amount);
  const Met met = co_await world_.call(process_, point, world_.number_of(request.order));
  PaymentAnswer answer = take(met, operation, request);
  co_await world_.answer(process_, met);
  world_.auditor().answered(effect, request.order, request.key, answer.outcome, answer.reason);
  co_return answer;
}

/// Lets the request take effect as the fault says, and returns what its sender learns.
PaymentAnswer FaultyGateway::take(const Met& met, PaymentOperation operation,
                                  const PaymentRequest& request) {
  if (met.fails_before()) return unknown("provider_unavailable");
  if (met.is(Fault::StoredError)) outside_.break_key(request.key);
  if (met.is(Fault::Late)) {
    ++outside_.under_way;
    const Duration late = world_.between(kLateMin, kLateMax, met.site, 10);
    world_.in(late, nullptr, [&outside = outside_, operation, request] {
      --outside.under_way;
      (void)outside.pay(operation, request);
    });
    return unknown("timeout");
  }
  PaymentAnswer answer = outside_.pay(operation, request, met.is(Fault::Decline));
  return loses_answer(met) ? unknown("timeout") : answer;
}

Task<std::optional<PaymentRecord>> FaultyGateway::look_up(OrderId order) {
  const std::uint32_t number = world_.number_of(order);
  const Met met = co_await world_.call(process_, Point::LookUpPayment, number);
  std::optional<PaymentRecord> record;
  if (!met.fails_before()) record = outside_.record(order);
  co_await world_.answer(process_, met);
  const bool captures = world_.auditor().status_of(number) == Status::Fulfilling;
  world_.auditor().looked_up(captures ? Effect::Capture : Effect::Authorize, order,
                             record.has_value());
  co_return record;
}

Task<ShipAnswer> FaultyCarrier::ship(std::string key, std::shared_ptr<const OrderBody> order) {
  if (!process_.alive) co_await world_.never(process_);
  world_.auditor().asked(Effect::Ship, order->id, key, 0);
  const Met met = co_await world_.call(process_, Point::Ship, world_.number_of(order->id));
  ShipAnswer answer = take(met, order->id, key);
  co_await world_.answer(process_, met);
  world_.auditor().answered(Effect::Ship, order->id, key, answer.outcome, answer.reason);
  co_return answer;
}

ShipAnswer FaultyCarrier::take(const Met& met, const OrderId& order, const std::string& key) {
  const ShipAnswer lost{EffectOutcome::Unknown, {}, "carrier_unavailable"};
  if (met.fails_before()) return lost;
  if (met.is(Fault::StoredError)) outside_.break_key(key);
  if (met.is(Fault::Late)) {
    ++outside_.under_way;
    const Duration late = world_.between(kLateMin, kLateMax, met.site, 10);
    world_.in(late, nullptr, [&outside = outside_, order, key] {
      --outside.under_way;
      (void)outside.ship(order, key);
    });
    return lost;
  }
  ShipAnswer answer = outside_.ship(order, key, met.is(Fault::Decline));
  return loses_answer(met) ? lost : answer;
}

Task<ShipAnswer> FaultyCarrier::look_up(std::string key) {
  const auto order = OrderId::parse(std::string_view(key).substr(0, kIdLetters));
  CHECK(order);
  const Met met = co_await world_.call(process_, Point::LookUpShipment, world_.number_of(*order));
  ShipAnswer answer{EffectOutcome::Unknown, {}, "carrier_unavailable"};
  if (!met.fails_before()) answer = outside_.shipment(*order, key);
  co_await world_.answer(process_, met);
  world_.auditor().looked_up(Effect::Ship, *order, answer.outcome != EffectOutcome::Unknown);
  co_return answer;
}

}  // namespace orderflow::world
