#include <gmock/gmock.h>

#include "base/limits.h"
#include "functions/order_recovery.h"
#include "order/rules/due.h"
#include "support/functions_test.h"

namespace orderflow {
namespace {

using enum EventType;
using testing::HasSubstr;

TEST_F(Functions, CarryAnOrderToShipped) {
  const auto order = submit(draft());
  EXPECT_EQ(order->state.status, Status::Pending);
  EXPECT_EQ(order->body->total, 5998);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM1");
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, OrderShipped}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(Functions, ASkuThatLooksLikeAProductIsWarnedOf) {
  stock("widget", 5);
  const Idempotency key{{1}, {2}};
  for (const bool replayed : {false, true}) {
    const auto result = run(submit_order(services, draft(" Widget"), key));
    const auto& made = std::get<Submission>(*result);
    EXPECT_EQ(made.replayed, replayed);
    ASSERT_EQ(made.warnings.size(), 1U);
    EXPECT_EQ(made.warnings[0].pointer, "/items/0/sku");
    EXPECT_EQ(made.warnings[0].code, "similar_sku");
    EXPECT_THAT(made.warnings[0].detail, HasSubstr("similar SKU widget"));
  }
  for (const char* other : {"widget", "gadget"}) {
    const auto result = run(submit_order(services, draft(other), std::nullopt));
    EXPECT_TRUE(std::get<Submission>(*result).warnings.empty()) << other;
  }
  services.unknown_sku = UnknownSku::Reject;
  const auto refused = run(submit_order(services, draft("WIDGET"), std::nullopt));
  const auto& errors = std::get<std::vector<FieldError>>(*refused);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "unknown_sku");
  EXPECT_THAT(errors[0].detail, HasSubstr("similar SKU widget"));
}

TEST_F(Functions, OnlyTheLatestCatalogueRefusesAnOrder) {
  stock("widget", 2);
  products.lags = true;
  services.unknown_sku = UnknownSku::Reject;
  EXPECT_EQ(submit(draft())->body->total, 5998);
  services.unknown_sku = UnknownSku::MakeToOrder;
  auto without_price = draft();
  without_price.lines[0].price.reset();
  EXPECT_EQ(submit(without_price)->body->total, 5998);
}

TEST_F(Functions, StockOfAProductThatWasJustCreatedIsReserved) {
  stock("widget", 2);
  products.lags = true;
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(stock_of("widget"), (Stock{0, 0, 2, 2}));
}

TEST_F(Functions, AnUnknownOutcomeIsLookedUpAndTriedAgainUnderTheSameKey) {
  gateway.script = {kTimeout, kTimeout};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys,
            (std::vector<std::string>{"authorize:1", "authorize:1", "authorize:1", "capture:1"}));
  EXPECT_EQ(gateway.look_ups, 2);
}

TEST_F(Functions, AnEffectThatTheLookUpFindsIsNotRequestedAgain) {
  gateway.script = {kTimeout};
  gateway.record = PaymentRecord{.authorized = 5998, .has_authorization = true};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(Functions, AShipmentOfUnknownOutcomeIsLookedUpBeforeTheNextTry) {
  carrier.script = {{.outcome = EffectOutcome::Unknown, .reason = "timeout"}};
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM9");
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, AnEffectOfAFreeOrderThatTheLookUpFindsIsNotRequestedAgain) {
  gateway.script = {kTimeout};
  gateway.record = PaymentRecord{.has_authorization = true};
  OrderDraft free = draft();
  free.lines.front().price = 0;
  const auto order = submit(std::move(free));
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

class CaptureAndShipment : public Functions {
 protected:
  /// An order that the fulfillment-processor is nudged for.
  OrderPtr reserved(Minor price = 2999) {
    OrderDraft what = draft();
    what.lines.front().price = price;
    const auto order = submit(std::move(what));
    EXPECT_TRUE(run(take_step(services, Stage::Payment, order->id())));
    EXPECT_TRUE(run(take_step(services, Stage::Inventory, order->id())));
    return order;
  }
  /// ... which dies after the shipment.
  OrderPtr died_over(Minor price = 2999) {
    const auto order = reserved(price);
    carrier.deadly = true;
    EXPECT_THROW((void)run(take_step(services, Stage::Fulfillment, order->id())), Death);
    carrier.deadly = false;
    EXPECT_EQ(timeline(order).back(), FulfillmentClaimed) << "nothing else is stored";
    return order;
  }
};

TEST_F(CaptureAndShipment, AreStoredTogether) {
  carrier.script = {{.outcome = EffectOutcome::Unknown, .reason = "timeout"}};
  const auto order = reserved();
  ASSERT_TRUE(run(take_step(services, Stage::Fulfillment, order->id())));
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, WorkDeferred}));
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Captured);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(CaptureAndShipment, ARefusedShipmentParksACapturedOrder) {
  carrier.script = {{.outcome = EffectOutcome::Declined, .reason = "no such town"}};
  const auto order = reserved();
  deliver_all();
  EXPECT_EQ(timeline(order).size(), 6U);
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Captured);
  EXPECT_EQ(stored(order)->state.attention->reason, "ship_declined: no such town");
}

TEST_F(CaptureAndShipment, ACrashBeforeTheirCommitRepeatsThemUnderTheSameKeys) {
  const auto order = died_over();
  deliver_all();
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, OrderShipped}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1", "capture:1"}));
  EXPECT_EQ(balance(stored(order)->state).captured, 5998);
}

TEST_F(CaptureAndShipment, AfterALongOutageBothAreLookedUp) {
  const auto order = died_over();
  clock.at += std::chrono::hours(13);  // the keys may be forgotten
  gateway.record = PaymentRecord{
      .authorized = 5998, .captured = 5998, .has_authorization = true, .has_capture = true};
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  deliver_all();
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM9");
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(CaptureAndShipment, AreStoredWithTheDeferralWhereTheCarrierPutsTheLookUpOff) {
  const auto order = died_over();  // it is shipped
  clock.at += std::chrono::hours(25);
  gateway.record = PaymentRecord{
      .authorized = 5998, .captured = 5998, .has_authorization = true, .has_capture = true};
  carrier.found = {.outcome = EffectOutcome::PutOff, .reason = "rate_limited"};
  ASSERT_TRUE(run(take_step(services, Stage::Fulfillment, order->id())));
  EXPECT_EQ(timeline(order).back(), WorkDeferred);
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  deliver_all();
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM9");
  EXPECT_EQ(carrier.ships, 1) << "an earlier shipment is looked up first";
}

TEST_F(CaptureAndShipment, AfterALongOutageAFreeOrderIsLookedUpToo) {
  const auto order = died_over(0);
  clock.at += std::chrono::hours(25);
  gateway.record = PaymentRecord{.has_authorization = true, .has_capture = true};
  gateway.script = {{EffectOutcome::Declined, "already_captured"}};  // by a provider that forgot
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, A429IsNoTryAndLeavesNoEvent) {
  const PaymentAnswer throttled{EffectOutcome::PutOff, "rate_limited", Duration(4'000)};
  gateway.script = {throttled, {EffectOutcome::Ok, ""}, throttled};
  carrier.script = {{.outcome = EffectOutcome::PutOff, .reason = "rate_limited"}};
  const auto order = submit(draft());
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(stored(order)->state, order->state);
  EXPECT_GE(queue.nudges.back().delay, throttled.retry_after);
  queue.nudges.pop_front();  // of the submission
  deliver_all();
  EXPECT_EQ(timeline(order),
            (std::vector{OrderReceived, PaymentAuthorized, StockReserved, FulfillmentClaimed,
                         PaymentCaptured, WorkDeferred, OrderShipped}))
      << "the one event is stored together with the capture";
  EXPECT_EQ(gateway.keys,
            (std::vector<std::string>{"authorize:1", "authorize:1", "capture:1", "capture:1"}));
  EXPECT_EQ(gateway.look_ups, 0) << "nothing can have happened";
}

TEST_F(Functions, AWaitThatRecoveryWouldTakeForALossIsStored) {
  const PaymentAnswer throttled{EffectOutcome::PutOff, "rate_limited", Duration(300'000)};
  ids.jitter_value = 0;
  gateway.script = {throttled};
  const auto order = submit(draft());
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, WorkDeferred}));
  EXPECT_EQ(*stored(order)->state.due_at - clock.at, throttled.retry_after);
  clock.at += kOverdueGrace;
  EXPECT_EQ(*run(recover_overdue(services)), 0);
}

TEST_F(Functions, WhatIsPutOffAgainAndAgainIsOneNudgeAndParkedInTheEnd) {
  gateway.script.assign(100'000, {EffectOutcome::PutOff, "rate_limited"});
  const auto order = submit(draft());
  const Timestamp begin = clock.at;
  while (!stored(order)->state.attention) {
    ASSERT_EQ(queue.nudges.size(), 1U);
    const auto nudge = queue.nudges.front();
    queue.nudges.pop_front();
    clock.at += nudge.delay;
    EXPECT_EQ(*run(recover_overdue(services)), 0);
    ASSERT_TRUE(run(take_step(services, nudge.stage, nudge.order)));
  }
  EXPECT_GE(clock.at - begin, kPatience);
  EXPECT_LT(clock.at - begin, kPatience + std::chrono::hours(1));
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, WorkDeferred, WorkParked}));
}

TEST_F(Functions, NothingIsAskedWhileNothingIsAnsweredButAProbe) {
  gateway.script.assign(Breaker::kOrdersToOpen, kTimeout);
  for (std::size_t i = 0; i < Breaker::kOrdersToOpen; ++i) {
    ASSERT_TRUE(run(take_step(services, Stage::Payment, submit(draft())->id())));
  }
  EXPECT_TRUE(services.payment_breaker.open());
  const auto order = submit(draft());
  const std::size_t asked = gateway.keys.size();
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(gateway.keys.size(), asked);
  EXPECT_EQ(stored(order)->state, order->state) << "no event";
  EXPECT_GT(queue.nudges.back().delay, Duration::zero());
  clock.at += Breaker::kProbeEvery;
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Authorized);
  EXPECT_FALSE(services.payment_breaker.open());
}

TEST_F(Functions, OneOrderThatNeverHasAnAnswerStopsNoOther) {
  const auto poisoned = submit(draft());
  for (int i = 0; i < 50; ++i) {
    gateway.script = {kTimeout};
    gateway.record = std::unexpected(kTimeout);
    clock.at += kBackoffCap;
    ASSERT_TRUE(run(take_step(services, Stage::Payment, poisoned->id())));
    gateway.script.clear();
    const auto neighbour = submit(draft());
    ASSERT_TRUE(run(take_step(services, Stage::Payment, neighbour->id())));
    EXPECT_EQ(stored(neighbour)->state.status, Status::Authorized);
  }
  EXPECT_EQ(stored(poisoned)->state.events.back().count, 50);
}

TEST_F(Functions, AnOrderThatLeavesItsEventsTooLittleRoomIsRefused) {
  auto large = draft();
  large.lines.assign(100, {std::string(250, '\x01'), "Widget", 2999, 1});
  const auto result = run(submit_order(services, large, std::nullopt));
  const auto& errors = std::get<std::vector<FieldError>>(*result);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].detail, HasSubstr("an order may take 300000"));
  large.lines.resize(60);
  EXPECT_EQ(submit(large)->state.status, Status::Pending);
}

}  // namespace
}  // namespace orderflow
