#include "functions/order_admin.h"

#include "base/limits.h"
#include "functions/order_recovery.h"
#include "support/functions_test.h"

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
  gateway.record = std::nullopt;
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
