#include "order/rules/transitions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "support/order_states.h"

namespace orderflow {
namespace {

Order parked_at(Order order) {
  return next(parked(order, Actor::PaymentProcessor, 1, "no_answer", kNow));
}

using enum EventType;

/// Every state that an order can be in, with the step that is due and every event that may follow.
/// All others may not.
struct StatusRow {
  const char* name;
  Order order;
  std::string_view due;  ///< the operation; empty where there is none
  std::set<EventType> events;
};

std::vector<StatusRow> table() {
  return {
      {"PENDING",
       pending(),
       "authorize",
       {PaymentAuthorized, PaymentDeclined, OrderCancelled, WorkDeferred, WorkParked}},
      {"PENDING, parked", parked_at(pending()), "", {OrderCancelled, WorkRetried}},
      {"AUTHORIZED",
       authorized(),
       "reserve",
       {StockReserved, OutOfStock, OrderCancelled, WorkDeferred, WorkParked}},
      {"RESERVED",
       reserved(),
       "claim",
       {FulfillmentClaimed, OrderCancelled, WorkDeferred, WorkParked}},
      {"RESERVED, parked", parked_at(reserved()), "", {OrderCancelled, WorkRetried}},
      {"FULFILLING",
       claimed(),
       "capture",
       {PaymentCaptured, CaptureDeclined, WorkDeferred, WorkParked}},
      {"FULFILLING, parked", parked_at(claimed()), "", {WorkRetried}},
      {"FULFILLING, captured", captured(), "ship", {OrderShipped, WorkDeferred, WorkParked}},
      {"FULFILLING, captured, parked", parked_at(captured()), "", {WorkRetried}},
      {"SHIPPED", shipped(), "", {}},
      {"PAYMENT_DECLINED", declined(), "", {}},
      {"PAYMENT_DECLINED at capture", capture_declined(), "", {}},
      {"OUT_OF_STOCK", sold_out(), "void", {PaymentVoided, WorkDeferred, WorkParked}},
      {"OUT_OF_STOCK, parked", parked_at(sold_out()), "", {WorkRetried}},
      {"OUT_OF_STOCK, voided", sold_out_voided(), "", {}},
      {"CANCELLED", cancelled(), "void", {PaymentVoided, WorkDeferred, WorkParked}},
      {"CANCELLED, parked", parked_at(cancelled()), "", {WorkRetried}},
      {"CANCELLED, voided", cancelled_voided(), "", {}},
  };
}

/// The decision that records `event`, whatever the order's state.
Decision decide(const Order& order, EventType event) {
  switch (event) {
    case PaymentAuthorized:
      return authorized(order, 1, kNow);
    case PaymentDeclined:
      return authorization_declined(order, 1, "x", kNow);
    case StockReserved:
      return stock_reserved(order, kStock, kNow);
    case OutOfStock:
      return sold_out(order, "x", kNow);
    case FulfillmentClaimed:
      return claimed(order, kNow);
    case PaymentCaptured:
      return captured(order, 1, kNow);
    case CaptureDeclined:
      return capture_declined(order, 1, "x", kNow);
    case OrderShipped:
      return shipped(order, 1, "x", "x", kNow);
    case OrderCancelled:
      return cancelled(order, "x", kNow);
    case PaymentVoided:
      return voided(order, 1, kNow);
    case WorkDeferred:
      return deferred(order, Actor::PaymentProcessor, 1, "x", 0.5, kNow);
    case WorkParked:
      return parked(order, Actor::PaymentProcessor, 1, "x", kNow);
    case WorkRetried:
      return retried(order, kNow);
    case OrderReceived:
      break;
  }
  return failure(ErrorCode::IllegalTransition, "an order is received once");
}

TEST(StatusTable, DecidesEveryStateAndEvent) {
  for (const StatusRow& row : table()) {
    const auto step = due(row.order.state);
    EXPECT_EQ(step ? to_string(step->operation) : "", row.due) << row.name;
    EXPECT_EQ(terminal(row.order.state), row.events.empty()) << row.name;
    for (int i = 0; i < kEventTypeCount; ++i) {
      const auto event = static_cast<EventType>(i);
      const auto decision = decide(row.order, event);
      EXPECT_EQ(decision.has_value(), row.events.contains(event))
          << row.name << " and " << to_string(event);
      EXPECT_EQ(allowed(row.order.state, event), row.events.contains(event))
          << row.name << " and " << to_string(event);
      if (!decision) {
        EXPECT_EQ(decision.error().code, ErrorCode::IllegalTransition);
        continue;
      }
      EXPECT_EQ(decision->next->version(), row.order.version() + 1) << row.name;
      EXPECT_EQ(decision->next->state.events.back().type, event) << row.name;
    }
  }
}

TEST(Money, FollowsTheTimeline) {
  EXPECT_EQ(balance(authorized().state), (Balance{.authorized = 2500}));
  EXPECT_EQ(balance(shipped().state), (Balance{.authorized = 2500, .captured = 2500}));
  EXPECT_EQ(balance(cancelled_voided().state), (Balance{.authorized = 2500, .voided = 2500}));
  EXPECT_EQ(balance(capture_declined().state), (Balance{.authorized = 2500, .voided = 2500}));
}

TEST(Money, VoidBeforeAnyAuthorizationMovesNone) {
  const Order order = next(voided(next(cancelled(pending(), "", kNow)), 1, kNow));
  EXPECT_EQ(balance(order.state), Balance{});
  EXPECT_EQ(order.state.payment_status, PaymentStatus::None);
  EXPECT_EQ(cancelled_voided().state.payment_status, PaymentStatus::Voided);
}

TEST(Stock, IsHeldFromReserveToReleaseOrShip) {
  EXPECT_TRUE(held_stock(authorized().state).empty());
  EXPECT_EQ(held_stock(captured().state), kStock);
  EXPECT_TRUE(held_stock(shipped().state).empty());
  EXPECT_TRUE(held_stock(cancelled().state).empty());
}

TEST(Stock, MovesInTheCommitOfItsEvent) {
  EXPECT_EQ(stock_reserved(authorized(), kStock, kNow)->stock_move, StockMove::Reserve);
  EXPECT_EQ(stock_reserved(authorized(), {}, kNow)->stock_move, StockMove::None);
  EXPECT_EQ(cancelled(reserved(), "", kNow)->stock_move, StockMove::Release);
  EXPECT_EQ(cancelled(authorized(), "", kNow)->stock_move, StockMove::None);
  EXPECT_EQ(capture_declined(claimed(), 1, "", kNow)->stock_move, StockMove::Release);
  EXPECT_EQ(shipped(captured(), 1, "", "", kNow)->stock_move, StockMove::Ship);
  EXPECT_EQ(cancelled().state.events.back().stock, kStock);
  EXPECT_EQ(shipped().state.events.back().stock, kStock);
}

TEST(Stock, SumsTheLinesOfOneSkuAndSkipsMadeToOrderSkus) {
  OrderBody body;
  body.lines = {
      {"pear", "", 0, 3, 0}, {"apple", "", 0, 1, 0}, {"pear", "", 0, 4, 0}, {"song", "", 0, 1, 0}};
  const std::vector<StockLine> expected = {{"apple", 1}, {"pear", 7}};
  EXPECT_EQ(needed_stock(body, {"pear", "apple"}), expected);
  EXPECT_TRUE(needed_stock(body, {}).empty());
}

TEST(Barrier, IsSetWhereAnEffectOrAnAnswerFollows) {
  EXPECT_TRUE(claimed(reserved(), kNow)->barrier) << "capture and shipping follow";
  EXPECT_TRUE(cancelled(reserved(), "", kNow)->barrier) << "a person is told";
  EXPECT_FALSE(authorized(pending(), 1, kNow)->barrier);
  EXPECT_FALSE(stock_reserved(authorized(), kStock, kNow)->barrier);
}

TEST(FollowedBy, JoinsTwoStepsIntoOneTransition) {
  const Transition first = *captured(claimed(), 1, kNow);
  const Transition both = followed_by(first, *shipped(*first.next, 1, "SIM1", "simulated", kNow));
  EXPECT_EQ(both.next->state, shipped().state);
  EXPECT_EQ(both.next->version(), claimed().version() + 2);
  EXPECT_EQ(both.stock_move, StockMove::Ship);
  EXPECT_FALSE(both.barrier);
  const Actor actor = Actor::FulfillmentProcessor;
  EXPECT_TRUE(followed_by(first, *parked(*first.next, actor, 1, "no_answer", kNow)).barrier);
}

TEST(FollowedByDeathTest, AllowsOneMoveOfStockAtMost) {
  const Transition reserve = *stock_reserved(authorized(), kStock, kNow);
  EXPECT_DEATH((void)followed_by(reserve, *claimed(*reserve.next, kNow)), "");
}

/// A step without a result at `now`.
Order put_off(const Order& order, Timestamp now, double jitter = 1.0) {
  return next(deferred(order, Actor::PaymentProcessor, 1, "timeout", jitter, now));
}

TEST(Backoff, GrowsWithJitterAndIsCapped) {
  Order order = pending();
  for (int tries = 1; tries < 40; ++tries) {
    EXPECT_EQ(*put_off(order, kNow, 0.0).state.due_at, kNow);
    order = put_off(order, kNow);
    EXPECT_EQ(order.state.tries, tries);
    EXPECT_EQ(*order.state.due_at - kNow,
              std::min<Duration>(kBackoffCap, kBackoffBase * (std::int64_t{1} << tries)));
  }
}

TEST(Backoff, WaitsForAsLongAsItIsAskedToButNotLongerThanTheCap) {
  const auto due_in = [](Duration not_before) {
    const Order order = next(
        deferred(pending(), Actor::PaymentProcessor, 1, "rate_limited", 1.0, kNow, not_before));
    return *order.state.due_at - kNow;
  };
  EXPECT_EQ(due_in(std::chrono::seconds(70)), std::chrono::seconds(70));
  EXPECT_EQ(due_in(std::chrono::hours(9)), kBackoffCap);
}

TEST(Deferrals, InARowAreOneEventThatCounts) {
  Order order = put_off(pending(), kNow);
  EXPECT_EQ(order.state.events.back().count, 1);
  EXPECT_FALSE(order.state.events.back().first_at);
  for (int i = 2; i <= 100; ++i) {
    const Order before = order;
    order = put_off(order, kNow + std::chrono::minutes(i));
    EXPECT_TRUE(continues(order.state, before.state));
    EXPECT_FALSE(continues(before.state, order.state));
    EXPECT_EQ(order.version(), before.version() + 1);
  }
  ASSERT_EQ(order.state.events.size(), 2U);
  const Event& event = order.state.events.back();
  EXPECT_EQ(event.count, 100);
  EXPECT_EQ(event.first_at, kNow);
  EXPECT_EQ(event.at, kNow + std::chrono::minutes(100));

  const Order after = put_off(next(cancelled(order, "", kNow)), kNow);
  EXPECT_EQ(after.state.events.size(), 4U) << "another step begins another event";
  EXPECT_TRUE(continues(after.state, order.state));
}

TEST(Deferrals, ParkOnlyOnceTheFirstIsLongAgo) {
  const Order tried = put_off(pending(), kNow);
  const Order waits = put_off(tried, kNow + kPatience - Duration(1));
  EXPECT_FALSE(waits.state.attention);
  const Timestamp end = kNow + kPatience;
  const Order gave_up = put_off(waits, end);
  ASSERT_TRUE(gave_up.state.attention);
  EXPECT_EQ(gave_up.state.attention->reason, "timeout");
  EXPECT_EQ(gave_up.state.attention->since, end);
  EXPECT_TRUE(continues(gave_up.state, waits.state));

  EXPECT_FALSE(put_off(pending(), kNow + 2 * kPatience).state.attention) << "its first try";
  const Order again = put_off(next(retried(gave_up, end)), end + std::chrono::hours(1));
  EXPECT_FALSE(again.state.attention) << "a retry begins anew";
}

TEST(Late, IsAnOrderWhoseStepHasHadNoResultForLong) {
  const Timestamp long_after = kNow + kLateAfter;
  EXPECT_FALSE(late(pending().state, long_after - Duration(1)));
  EXPECT_TRUE(late(pending().state, long_after)) << "never tried";
  const Order tried = put_off(put_off(pending(), kNow), long_after);
  EXPECT_TRUE(late(tried.state, long_after)) << "tried a moment ago, in vain";
  EXPECT_FALSE(late(next(authorized(tried, 1, long_after)).state, long_after)) << "progress";
  EXPECT_FALSE(late(parked_at(pending()).state, long_after));
  EXPECT_FALSE(late(shipped().state, long_after));
}

TEST(Deferrals, ThatBeganAheadOfTheClockBeginNow) {
  const Order ahead = put_off(pending(), kNow + std::chrono::years(10));
  const Order tried = put_off(ahead, kNow);  // the clock was set right
  EXPECT_EQ(tried.state.events.back().first_at, kNow);
  EXPECT_EQ(tried.state.events.back().count, 2);
  EXPECT_TRUE(continues(tried.state, ahead.state));
  EXPECT_FALSE(late(tried.state, kNow));
  EXPECT_TRUE(late(tried.state, kNow + kLateAfter));
  EXPECT_FALSE(put_off(tried, kNow + kPatience - Duration(1)).state.attention);
  EXPECT_TRUE(put_off(tried, kNow + kPatience).state.attention);
}

TEST(Late, IsSinceTheFirstTryWhereTheOrderCameAheadOfTheClock) {
  const Timestamp before = kNow - std::chrono::years(10);
  EXPECT_FALSE(late(pending().state, before)) << "since when is not known";
  const Order tried = put_off(put_off(pending(), before), before);
  EXPECT_FALSE(late(tried.state, before + kLateAfter - Duration(1)));
  EXPECT_TRUE(late(tried.state, before + kLateAfter));
}

TEST(Backoff, StartsAgainAfterProgressAndAfterARetry) {
  const Order tried = next(deferred(pending(), Actor::PaymentProcessor, 1, "x", 1.0, kNow));
  EXPECT_EQ(next(authorized(tried, 1, kNow)).state.tries, 0);
  const Order again = next(retried(parked_at(tried), kNow));
  EXPECT_EQ(again.state.tries, 0);
  EXPECT_FALSE(again.state.attention);
  EXPECT_EQ(due(again.state)->operation, Operation::Authorize);
}

TEST(IdempotencyKey, NamesOrderOperationAndAttempt) {
  EXPECT_EQ(idempotency_key(pending().id(), Operation::Capture, 2),
            "0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f:capture:2");
}

TEST(Attempt, GrowsOnlyWithADecline) {
  const Order tried = next(deferred(pending(), Actor::PaymentProcessor, 1, "x", 1.0, kNow));
  EXPECT_EQ(attempt_due(tried.state, Operation::Authorize), 1);
  EXPECT_EQ(attempt_due(declined().state, Operation::Authorize), 2);
  EXPECT_EQ(attempt_due(declined().state, Operation::Void), 1);
}

TEST(AsReceived, IsTheOrderOfTheFirstAnswer) {
  const Order first = as_received(shipped());
  EXPECT_EQ(first.state, pending().state);
  EXPECT_EQ(first.body->total, 2500);
}

TEST(Names, OfStatusesReadBack) {
  for (int i = 0; i < kStatusCount; ++i) {
    const auto status = static_cast<Status>(i);
    EXPECT_EQ(status_from_string(to_string(status)), status);
  }
  EXPECT_FALSE(status_from_string("pending"));
}

TEST(Steps, KeepTheOtherMembers) {
  Order before = cancelled();
  before.state.tracking_number = "SIM1";
  before.state.carrier = "simulated";
  const OrderState after = next(voided(before, 1, kNow)).state;
  EXPECT_EQ(after.status, Status::Cancelled);
  EXPECT_EQ(after.fulfillment_status, before.state.fulfillment_status);
  EXPECT_EQ(after.reason, "changed my mind");
  EXPECT_EQ(after.tracking_number, "SIM1");
  EXPECT_EQ(after.carrier, "simulated");
  ASSERT_EQ(after.events.size(), before.state.events.size() + 1);
  EXPECT_TRUE(
      std::equal(before.state.events.begin(), before.state.events.end(), after.events.begin()));
}

TEST(Timeline, DoesNotRunBackwardsWithTheClock) {
  const Timestamp earlier = kNow - std::chrono::hours(1);
  const Order authorized_then = next(authorized(pending(), 1, earlier));
  EXPECT_EQ(authorized_then.updated_at(), kNow);
  EXPECT_EQ(authorized_then.state.due_at, earlier);  // at once, by the clock as it is now
  const Order parked_then = next(parked(pending(), Actor::PaymentProcessor, 1, "refused", earlier));
  EXPECT_EQ(parked_then.state.attention->since, kNow);
}

TEST(Retry, IsRefusedBeforeTheOrderOutgrowsTheStore) {
  Order order = pending();
  while (order.version() < kOrderEventsMax) {
    order = next(parked(order, Actor::PaymentProcessor, 1, "refused", kNow));
    const auto again = retried(order, kNow);
    if (!again) {
      EXPECT_EQ(again.error().code, ErrorCode::Conflict);
      break;
    }
    order = next(again);
  }
  EXPECT_TRUE(order.state.attention);
  EXPECT_GT(order.version(), kOrderEventsMax - 50);
  EXPECT_LT(order.version(), kOrderEventsMax - 20);
  EXPECT_TRUE(cancelled(order, "it does not get better", kNow));
}

TEST(Problem, IsCutBetweenCharacters) {
  const std::string cut = "x" + std::string(kProblemBytesMax - 2, 'y');
  const Order order = next(parked(pending(), Actor::PaymentProcessor, 1, cut + "é" + cut, kNow));
  EXPECT_EQ(order.state.attention->reason, cut);
  EXPECT_EQ(order.state.events.back().detail, cut);
}

}  // namespace
}  // namespace orderflow
