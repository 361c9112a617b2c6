#include "audit/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "support/order_states.h"

namespace orderflow {
namespace {

Order cancelled_early() { return next(cancelled(pending(), "changed my mind", kNow)); }
Order cancelled_early_voided() { return next(voided(cancelled_early(), 1, kNow)); }
Order deferred_at(const Order& order, Timestamp now) {
  return next(deferred(order, Actor::FulfillmentProcessor, 1, "no_answer", 0.5, now));
}
Order deferred_three_times() {
  return deferred_at(deferred_at(deferred_at(claimed(), kNow), kNow), kNow);
}
Order parked() { return deferred_at(deferred_three_times(), kNow + kPatience); }
Order retried() { return next(retried(parked(), kNow)); }

std::vector<Order> all() {
  return {pending(),
          authorized(),
          reserved(),
          claimed(),
          captured(),
          shipped(),
          declined(),
          capture_declined(),
          sold_out(),
          sold_out_voided(),
          cancelled(),
          cancelled_early(),
          cancelled_voided(),
          cancelled_early_voided(),
          parked(),
          retried(),
          deferred_three_times()};
}

std::set<Invariant> violated_by(const Order& order) {
  Timeline timeline(*order.body);
  std::set<Invariant> checks;
  for (const Finding& finding : judge(order, timeline)) checks.insert(finding.invariant);
  return checks;
}

Timeline replay(const Order& order) {
  Timeline timeline(*order.body);
  for (const Event& event : order.state.events) (void)timeline.apply(event);
  return timeline;
}

TEST(AuditTimeline, FindsNothingInWhatTheTransitionsMake) {
  for (const Order& order : all()) {
    Timeline timeline(*order.body);
    for (const Finding& finding : judge(order, timeline)) {
      ADD_FAILURE() << to_string(order.state.status) << ": " << finding.detail;
    }
    EXPECT_EQ(timeline.money(), balance(order.state));
    EXPECT_EQ(timeline.reserved(), held_stock(order.state));
    EXPECT_EQ(ended(timeline.phase()), terminal(order.state));
  }
}

TEST(AuditTimeline, TakesExactlyTheStepsOfTheStatusTable) {
  for (const Order& order : all()) {
    for (int i = 0; i < kEventTypeCount; ++i) {
      const auto type = static_cast<EventType>(i);
      const bool has_attempt =
          type == EventType::PaymentAuthorized || type == EventType::PaymentDeclined ||
          type == EventType::PaymentCaptured || type == EventType::CaptureDeclined ||
          type == EventType::OrderShipped || type == EventType::PaymentVoided;
      Timeline timeline = replay(order);
      EXPECT_EQ(timeline.apply({.type = type, .attempt = has_attempt}).empty(),
                allowed(order.state, type))
          << to_string(type) << " after " << to_string(order.state.events.back().type);
    }
  }
}

TEST(AuditTimeline, FindsEachDamageByItsCheck) {
  using enum Invariant;
  const struct {
    const char* name;
    Order order;
    void (*damage)(OrderState&);
    std::set<Invariant> found;
  } cases[] = {
      {"CapturedTwice",
       captured(),
       [](OrderState& s) {
         s.events[4].amount = 1250;
         s.events.push_back(s.events[4]);
       },
       {T1, M1}},
      {"CapturedMoreThanAuthorized",
       captured(),
       [](OrderState& s) { s.events[4].amount = kTotal + 1; },
       {M1, M3}},
      {"CapturedLess", captured(), [](OrderState& s) { s.events[4].amount = 1; }, {M3}},
      {"AuthorizedLess", authorized(), [](OrderState& s) { s.events[1].amount = 1; }, {M1}},
      {"AuthorizedMoreThanTheTotal",
       authorized(),
       [](OrderState& s) { s.events[1].amount = kTotal + 1; },
       {M1}},
      {"ShippedUnpaid", shipped(), [](OrderState& s) { s.events[4].amount = 0; }, {M3}},
      {"SoldOutHoldsMoney",
       sold_out_voided(),
       [](OrderState& s) { s.events.back().amount = 1; },
       {M4}},
      {"ReservesLess", reserved(), [](OrderState& s) { s.events[2].stock[0].quantity = 1; }, {S1}},
      {"ReleasesLess", cancelled(), [](OrderState& s) { s.events.back().stock.pop_back(); }, {S1}},
      {"ShipsMore", shipped(), [](OrderState& s) { s.events.back().stock[1].quantity = 2; }, {S1}},
      {"StepLeftOut", shipped(), [](OrderState& s) { s.events.erase(s.events.begin() + 3); }, {T1}},
      {"StepAfterTheEnd",
       declined(),
       [](OrderState& s) { s.events.push_back({.type = EventType::WorkDeferred}); },
       {T1}},
      {"SecondAttemptWithoutADecline",
       authorized(),
       [](OrderState& s) { s.events[1].attempt = 2; },
       {T1}},
      {"WrongStatus", authorized(), [](OrderState& s) { s.status = Status::Reserved; }, {T1}},
      {"WrongPaymentStatus",
       shipped(),
       [](OrderState& s) { s.payment_status = PaymentStatus::Voided; },
       {T1}},
      {"WrongFulfillmentStatus",
       shipped(),
       [](OrderState& s) { s.fulfillment_status = FulfillmentStatus::Reserved; },
       {T1}},
      {"WrongTries", retried(), [](OrderState& s) { s.tries = 1; }, {T1}},
      {"FewerTriesThanItsDeferralCounts",
       deferred_three_times(),
       [](OrderState& s) { s.tries = 1; },
       {T1}},
      {"CountsWithoutAFirstTime",
       deferred_three_times(),
       [](OrderState& s) { s.events.back().first_at.reset(); },
       {T1}},
      {"CountsWhatCannotRepeat",
       authorized(),
       [](OrderState& s) {
         s.events.back().count = 2;
         s.events.back().first_at = kNow;
       },
       {T1}},
      {"WrongReason", declined(), [](OrderState& s) { s.reason = "x"; }, {T1}},
      {"ParkedWithoutAnEvent",
       claimed(),
       [](OrderState& s) { s.attention = Attention{"x", kNow}; },
       {T1}},
      {"BeforeItWasCreated",
       pending(),
       [](OrderState& s) { s.events[0].at -= Duration(1); },
       {T1, L1}},
      {"BackInTime", shipped(), [](OrderState& s) { s.events[3].at += Duration(1); }, {T1}},
      {"ByAnother", shipped(), [](OrderState& s) { s.events[3].actor = Actor::OrderAdmin; }, {T1}},
      {"PutOffByAdmin",
       parked(),
       [](OrderState& s) { s.events.back().actor = Actor::OrderAdmin; },
       {T1}},
      {"AmountOfNothing", reserved(), [](OrderState& s) { s.events[2].amount = 1; }, {T1}},
      {"DetailOfNothing", reserved(), [](OrderState& s) { s.events[2].detail = "x"; }, {T1}},
      {"TrackedUnshipped",
       reserved(),
       [](OrderState& s) { s.tracking_number = "SIM1", s.carrier = "simulated"; },
       {T1}},
      {"ShippedUntracked", shipped(), [](OrderState& s) { s.carrier.clear(); }, {T1}},
      {"DueTooLate", pending(), [](OrderState& s) { *s.due_at += Duration(1); }, {L1}},
      {"NothingDue", pending(), [](OrderState& s) { s.due_at.reset(); }, {L1}},
      {"DueAtTheEnd", shipped(), [](OrderState& s) { s.due_at = kNow; }, {L1}}};
  for (auto [name, order, damage, found] : cases) {
    damage(order.state);
    EXPECT_EQ(violated_by(order), found) << name;
  }
}

// {authorized, voided, captured, refunded}
constexpr PaymentRecord kNothing{};
constexpr PaymentRecord kHeld{kTotal, 0, 0, 0};
constexpr PaymentRecord kTaken{kTotal, 0, kTotal, 0};
constexpr PaymentRecord kVoided{kTotal, kTotal, 0, 0, true};
constexpr PaymentRecord kLapsed{kTotal, kTotal, 0, 0, false};
constexpr PaymentRecord kTombstone{0, 0, 0, 0, true};
constexpr PaymentRecord kTakenTwice{kTotal, 0, 2 * kTotal, 0};

TEST(AuditTimeline, LetsTheProviderBeAheadByTheStepThatIsDueAndNoMore) {
  struct ProviderCase {
    Order order;
    std::vector<const PaymentRecord*> right;
  };
  const std::vector<ProviderCase> rows = {
      {pending(), {&kNothing, &kHeld}},
      {authorized(), {&kHeld}},
      {reserved(), {&kHeld}},
      {claimed(), {&kHeld, &kTaken, &kLapsed}},
      {captured(), {&kTaken}},
      {shipped(), {&kTaken}},
      {declined(), {&kNothing}},
      {capture_declined(), {&kLapsed}},
      {sold_out(), {&kHeld, &kVoided, &kLapsed}},
      {sold_out_voided(), {&kVoided}},
      {cancelled(), {&kHeld, &kVoided, &kLapsed}},
      {cancelled_voided(), {&kVoided}},
      {cancelled_early(), {&kNothing, &kHeld, &kVoided, &kTombstone, &kLapsed}},
      {cancelled_early_voided(), {&kVoided, &kTombstone}},
  };
  for (const ProviderCase& row : rows) {
    for (const PaymentRecord* books :
         {&kNothing, &kHeld, &kTaken, &kVoided, &kLapsed, &kTombstone, &kTakenTwice}) {
      const bool right = std::ranges::find(row.right, books) != row.right.end();
      EXPECT_EQ(money_difference(replay(row.order), *row.order.body, *books).empty(), right)
          << "after " << to_string(row.order.state.events.back().type) << ", authorized "
          << books->authorized << ", voided " << books->voided << ", captured " << books->captured;
    }
  }
}

TEST(AuditTimeline, WantsOneShipmentOfAShippedOrderAndNoneBeforeTheClaim) {
  for (const Order& order : all()) {
    const bool did = order.state.status == Status::Shipped;
    const bool may = did || order.state.status == Status::Fulfilling;
    const Timeline timeline = replay(order);
    EXPECT_EQ(shipment_difference(timeline, order.state, std::nullopt).empty(), !did);
    EXPECT_EQ(shipment_difference(timeline, order.state, "SIM1").empty(), may);
    EXPECT_EQ(shipment_difference(timeline, order.state, "SIM2").empty(), may && !did);
  }
}

}  // namespace
}  // namespace orderflow
