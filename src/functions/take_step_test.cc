#include "functions/take_step.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/limits.h"
#include "functions/order_admin.h"
#include "support/functions_test.h"

namespace orderflow {
namespace {

using enum EventType;

TEST_F(Functions, DoubledAndStrayNudgesDoNothing) {
  const auto order = submit(draft());
  for (int i = 0; i < 3; ++i) {
    for (Stage stage : {Stage::Fulfillment, Stage::Inventory, Stage::Payment}) {
      ASSERT_TRUE(run(take_step(services, stage, order->id())));
    }
  }
  deliver_all();
  EXPECT_EQ(stored(order)->version(), 6U);
  EXPECT_EQ(gateway.keys.size(), 2U);
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, ANudgeThatArrivesBeforeAMomentOldReadSeesTheOrderIsNotLost) {
  const auto order = submit(draft());
  orders.recent = OrderPtr();  // not there yet
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Authorized);
  orders.recent = order;  // still to be paid
  ASSERT_TRUE(run(take_step(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Reserved);
  ASSERT_TRUE(run(take_step(services, Stage::Fulfillment, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, AStepDecidedOnAnOlderStateChangesNothing) {
  stock("widget", 2);
  const auto order = submit(draft());
  std::map<Stage, OrderPtr> past;
  for (const Stage stage : {Stage::Payment, Stage::Inventory, Stage::Fulfillment}) {
    past[stage] = stored(order);
    ASSERT_TRUE(run(take_step(services, stage, order->id())));
  }
  const auto end = stored(order);
  ASSERT_EQ(end->state.status, Status::Shipped);
  for (const auto& [stage, then] : past) {
    orders.recent = then;
    ASSERT_TRUE(run(take_step(services, stage, order->id())));
    EXPECT_EQ(stored(order)->state, end->state);
  }
  EXPECT_EQ(stock_of("widget"), (Stock{0, 0, 2, 2}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1", "authorize:1"}))
      << "asked again, under the same key";
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, AnEarlyNudgeIsDelayed) {
  gateway.script = {kTimeout};
  const auto order = submit(draft());
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  queue.nudges.clear();
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  ASSERT_EQ(queue.nudges.size(), 1U);
  EXPECT_EQ(queue.nudges.front().delay, kBackoffBase * 2);
  EXPECT_EQ(gateway.keys.size(), 1U);
}

TEST_F(Functions, ANudgeLongBeforeItsTimeIsDropped) {
  gateway.script = {kTimeout, kTimeout, kTimeout, kTimeout};
  const auto order = submit(draft());
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
    clock.at = *stored(order)->state.due_at;
  }
  clock.at -= Duration(5'001);
  queue.nudges.clear();
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_TRUE(queue.nudges.empty()) << "the deferral has sent one";
  clock.at += Duration(1);
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(queue.nudges.front().delay, Duration(5'000)) << "clocks differ";

  clock.at -= Duration(1);
  orders.recent = stored(order);  // a moment ago the order waited
  ASSERT_TRUE(run(cancel_order(services, order->id(), "")));
  ASSERT_TRUE(run(take_step(services, Stage::Payment, order->id())));
  EXPECT_EQ(timeline(order).back(), PaymentVoided);
}

TEST_F(Functions, AClockThatIsSetBackDelaysNoOrder) {
  const auto order = submit(draft());
  clock.at -= std::chrono::hours(24 * 365);
  for (const Stage stage : {Stage::Payment, Stage::Inventory, Stage::Fulfillment}) {
    ASSERT_TRUE(run(take_step(services, stage, order->id())));
  }
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

Task<Result<void>> cancel(Services& services, OrderId id) {
  const auto cancelled = co_await cancel_order(services, id, "");
  if (!cancelled) co_return std::unexpected(cancelled.error());
  co_return Result<void>{};
}

Task<Result<void>> release(boost::asio::steady_timer& gate) {
  gate.cancel();
  co_return Result<void>{};
}

TEST_F(Functions, AStepThatIsBeingTakenIsNotBegunAgain) {
  const auto order = submit(draft());
  boost::asio::io_context io;
  boost::asio::steady_timer gate(io, std::chrono::steady_clock::time_point::max());
  gateway.gate = &gate;
  std::vector<Task<Result<void>>> nudges;
  for (int i = 0; i < 3; ++i) nudges.push_back(take_step(services, Stage::Payment, order->id()));
  nudges.push_back(release(gate));
  for (const auto& done : run_all(io, std::move(nudges))) EXPECT_TRUE(done);
  gateway.gate = nullptr;
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1"}));
  EXPECT_EQ(stored(order)->state.status, Status::Authorized);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, AVoidDoesNotWaitForTheAuthorizationOnItsWay) {
  const auto order = submit(draft());
  boost::asio::io_context io;
  boost::asio::steady_timer gate(io, std::chrono::steady_clock::time_point::max());
  gateway.gate = &gate;
  std::vector<Task<Result<void>>> steps;
  steps.push_back(take_step(services, Stage::Payment, order->id()));
  steps.push_back(cancel(services, order->id()));
  steps.push_back(take_step(services, Stage::Payment, order->id()));
  steps.push_back(release(gate));
  for (const auto& done : run_all(io, std::move(steps))) EXPECT_TRUE(done);
  gateway.gate = nullptr;
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "void:1"}));
}

TEST_F(Functions, AnUnknownOrderIsAnError) {
  EXPECT_EQ(run(take_step(services, Stage::Payment, OrderId{})).error().code, ErrorCode::NotFound);
}

TEST_F(Functions, WhatNoRetryCanHelpParksTheOrderAtOnce) {
  stock("widget", 8);
  const auto pay = submit(draft());
  orders.refused = Error{ErrorCode::Refused, "the item is too large"};
  deliver_all();
  EXPECT_EQ(timeline(pay), (std::vector{OrderReceived, WorkParked}));
  ASSERT_TRUE(stored(pay)->state.attention);
  EXPECT_EQ(stored(pay)->state.attention->reason, "refused: the item is too large");
  orders.refused.reset();

  const auto reserve = submit(draft());
  products.broken = Error{ErrorCode::Corrupt, "a product does not read"};
  deliver_all();
  EXPECT_EQ(timeline(reserve), (std::vector{OrderReceived, PaymentAuthorized, WorkParked}));
  ASSERT_TRUE(stored(reserve)->state.attention);
  EXPECT_EQ(stored(reserve)->state.attention->reason, "corrupt: a product does not read");
  EXPECT_TRUE(queue.nudges.empty());
  products.broken.reset();

  for (const auto& order : {pay, reserve}) {
    ASSERT_TRUE(run(retry_order(services, order->id())));
    deliver_all();
    EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  }
  EXPECT_EQ(stock_of("widget"), (Stock{4, 0, 4, 8}));
}

TEST_F(Functions, AnErrorThatMayPassIsLeftToTheNextNudge) {
  const auto order = submit(draft());
  orders.refused = Error{ErrorCode::Unavailable, "down"};
  EXPECT_EQ(run(take_step(services, Stage::Payment, order->id())).error().code,
            ErrorCode::Unavailable);
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived}));
}

TEST_F(Functions, AnErrorThatMayPassPutsTheOrderOffAfterTheLastDelivery) {
  const auto order = submit(draft());
  const Timestamp first = clock.at;
  const auto fail = [&] {
    const auto done = run(give_up(services, Stage::Payment, order->id(),
                                  Error{ErrorCode::Unavailable, "TransactionConflict"}));
    EXPECT_TRUE(done);
    return stored(order);
  };
  const auto put_off = fail();
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, WorkDeferred}));
  EXPECT_FALSE(put_off->state.attention);
  EXPECT_EQ(put_off->state.events.back().detail, "unavailable: TransactionConflict");
  EXPECT_GT(*put_off->state.due_at, first);
  clock.at = first + kPatience - Duration(1);
  EXPECT_FALSE(fail()->state.attention);
  clock.at = first + kPatience;
  EXPECT_TRUE(fail()->state.attention) << "for 20 hours";

  const auto other = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(other)->state.status, Status::Shipped);
  EXPECT_TRUE(
      run(give_up(services, Stage::Payment, other->id(), Error{ErrorCode::Unavailable, ""})));
  EXPECT_EQ(stored(other)->version(), 6U) << "nothing is due there";
}

}  // namespace
}  // namespace orderflow
