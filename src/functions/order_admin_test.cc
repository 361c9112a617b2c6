#include "functions/order_admin.h"

#include "base/limits.h"
#include "functions/order_recovery.h"
#include "order/rules/transitions.h"
#include "support/functions_test.h"
#include "support/orders.h"

namespace orderflow {
namespace {

TEST_F(Functions, AReservationOnAnOlderStateLosesToTheCancel) {
  stock("widget", 2);
  const auto order = submit(draft());
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  orders.recent = stored(order);
  ASSERT_TRUE(run(cancel_order(services, order->id(), "mistaken")));
  ASSERT_TRUE(run(take_step(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Cancelled);
  EXPECT_EQ(stock_of("widget"), (Stock{2, 0, 0, 2}));
}

TEST_F(Functions, AStepThatKeepsFailingIsParkedAndARetryMakesItDueAgain) {
  gateway.record = std::unexpected(PaymentAnswer{EffectOutcome::Unknown, "payment_look_up_failed"});
  gateway.script = {kTimeout};
  const auto order = submit(draft());
  deliver_all();
  ASSERT_TRUE(stored(order)->state.attention);
  EXPECT_EQ(stored(order)->state.attention->reason, "payment_look_up_failed");
  EXPECT_EQ(stored(order)->state.status, Status::Pending);

  gateway.record = PaymentRecord{};
  ASSERT_TRUE(run(retry_order(services, order->id())));
  EXPECT_EQ(run(retry_order(services, order->id())).error().code, ErrorCode::Conflict);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, ParkedOrdersOfAQueueAreRetriedInBulk) {
  const auto park = [&](Stage stage, const std::string& reason) {
    const auto order = submit(draft());
    if (stage == Stage::Inventory) {
      EXPECT_TRUE(run(take_step(services, Stage::Payment, order->id())));
    }
    const auto now = stored(order);
    EXPECT_TRUE(run(orders.commit(now->version(),
                                  *parked(*now, Actor::PaymentProcessor, 1, reason, clock.now()))));
    return order;
  };
  std::vector<OrderPtr> timeouts;
  for (int i = 0; i < 60; ++i) timeouts.push_back(park(Stage::Payment, "timeout of the provider"));
  const auto other = park(Stage::Payment, "void_declined: x");
  const auto elsewhere = park(Stage::Inventory, "timeout");
  queue.nudges.clear();

  const RetryQuery query{.stage = Stage::Payment, .reason = "timeout", .limit = 40};
  auto done = run(retry_parked(services, query));
  EXPECT_EQ(done->retried, 40);
  EXPECT_EQ(done->remaining, 20);
  EXPECT_EQ(queue.nudges.size(), 40U);
  EXPECT_FALSE(stored(timeouts.front())->state.attention) << "the oldest first";
  EXPECT_TRUE(stored(timeouts.back())->state.attention);
  done = run(retry_parked(services, query));
  EXPECT_EQ(done->retried, 20);
  EXPECT_EQ(done->remaining, 0);
  EXPECT_TRUE(stored(other)->state.attention);
  EXPECT_TRUE(stored(elsewhere)->state.attention);
  deliver_all();
  for (const OrderPtr& order : timeouts) EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(run(retry_parked(services, {.stage = Stage::Payment, .limit = 40}))->retried, 1);

  orders.broken = Error{ErrorCode::Unavailable, "down"};
  EXPECT_FALSE(run(retry_parked(services, {.stage = Stage::Inventory, .limit = 40})));
}

TEST_F(Functions, ABulkRetryThatTakesLongSaysWhatRemains) {
  for (int i = 0; i < 60; ++i) {
    const auto order = submit(draft());
    EXPECT_TRUE(
        run(orders.commit(1, *parked(*order, Actor::PaymentProcessor, 1, "timeout", clock.now()))));
  }
  const RetryQuery query{.stage = Stage::Payment, .limit = 500};
  clock.step = Duration(100);
  const auto slow = run(retry_parked(services, query));
  EXPECT_EQ(slow->retried, 25);
  EXPECT_EQ(slow->remaining, 35);
  clock.step = {};
  EXPECT_EQ(run(retry_parked(services, query))->retried, 35);
}

TEST_F(Functions, ABulkRetryGoesOnBehindAnOrderThatCannotBeRetried) {
  const auto full = submit(draft());
  const auto park = [&](const OrderPtr& order) {
    const auto now = stored(order);
    return run(orders.commit(now->version(),
                             *parked(*now, Actor::PaymentProcessor, 1, "timeout", clock.now())));
  };
  do {
    ASSERT_TRUE(park(full));
  } while (run(retry_order(services, full->id())));
  const auto other = submit(draft());
  ASSERT_TRUE(park(other));
  const auto done = run(retry_parked(services, {.stage = Stage::Payment, .limit = 1}));
  EXPECT_EQ(done->retried, 1);
  EXPECT_EQ(done->remaining, 1);
  EXPECT_FALSE(stored(other)->state.attention);
  EXPECT_TRUE(stored(full)->state.attention) << "it has too many events";
}

TEST_F(Functions, ABulkRetryGoesOnBehindAThousandOrdersThatItIsNotMeantFor) {
  const auto park = [&](std::uint32_t number, const std::string& reason) {
    const OrderPtr order = received(number);
    EXPECT_TRUE(run(orders.create(order, {})));
    EXPECT_TRUE(
        run(orders.commit(1, *parked(*order, Actor::PaymentProcessor, 1, reason, clock.now()))));
    return order;
  };
  for (std::uint32_t i = 0; i < kParkedListMax; ++i) park(i, "another reason");
  const auto wanted = park(kParkedListMax, "timeout");
  RetryQuery query{.stage = Stage::Payment, .reason = "timeout", .limit = 1};
  const auto first = run(retry_parked(services, query));
  EXPECT_EQ(first->retried + first->remaining, 0);
  query.cursor = first->next_cursor;
  const auto second = run(retry_parked(services, query));
  EXPECT_EQ(second->retried, 1);
  EXPECT_EQ(second->next_cursor, "");
  EXPECT_FALSE(stored(wanted)->state.attention);
  query.cursor = "x";
  EXPECT_EQ(run(retry_parked(services, query)).error().code, ErrorCode::InvalidInput);
}

TEST_F(Functions, CancelBeforeTheClaimReleasesAndVoids) {
  stock("widget", 5);
  const auto order = submit(draft());
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  ASSERT_TRUE(run(take_step(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stock_of("widget").reserved, 2);

  const auto answer = run(cancel_order(services, order->id(), "changed my mind"));
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->state.status, Status::Cancelled);
  EXPECT_EQ(stock_of("widget"), (Stock{.available = 5, .received = 5}));
  deliver_all();
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Voided);
  EXPECT_EQ(carrier.ships, 0);

  const auto again = run(cancel_order(services, order->id(), "changed my mind"));
  ASSERT_TRUE(again) << "a client that lost the answer may ask again";
  EXPECT_EQ((*again)->version(), stored(order)->version());
}

TEST_F(Functions, ALostNudgeIsFoundByRecovery) {
  const auto order = submit(draft());
  queue.nudges.clear();
  EXPECT_EQ(*run(recover_overdue(services)), 0) << "not overdue yet";
  clock.at += kOverdueGrace + Duration(1);
  EXPECT_EQ(*run(recover_overdue(services)), 1);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

}  // namespace
}  // namespace orderflow
