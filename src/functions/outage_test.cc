#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <random>
#include <tuple>

#include "base/limits.h"
#include "functions/order_recovery.h"
#include "functions/order_submission.h"
#include "functions/take_step.h"
#include "support/run.h"
#include "support/test_shop.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

constexpr int kOrders = 1'000;
constexpr Duration kOutage = 19h + 30min;
constexpr Duration kEndsWithin = 30min;

/// Delivers each nudge at its time, in virtual time.
struct TimedQueue : WorkQueue {
  struct TimedNudge {
    Timestamp at;
    std::uint64_t number;
    Stage stage;
    OrderId order;

    bool operator>(const TimedNudge& other) const {
      return std::tie(at, number) > std::tie(other.at, other.number);
    }
  };

  explicit TimedQueue(TestClock& of) : clock(of) {}
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override {
    EXPECT_LE(delay, kBackoffCap);
    nudges.push({clock.at + delay, ++number, stage, order});
    co_return Result<void>();
  }
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return std::vector<QueueDepth>(); }

  TestClock& clock;
  std::priority_queue<TimedNudge, std::vector<TimedNudge>, std::greater<>> nudges;
  std::uint64_t number = 0;
};

/// A provider that answers nothing until `back_at`.
struct NightlyGateway : ScriptedGateway {
  explicit NightlyGateway(TestClock& of) : clock(of) {}
  Task<PaymentAnswer> authorize(PaymentRequest) override { co_return result(); }
  Task<PaymentAnswer> capture(PaymentRequest) override { co_return result(); }
  Task<std::expected<PaymentRecord, PaymentAnswer>> look_up(OrderId) override {
    const PaymentAnswer answer = result();
    if (answer.outcome != EffectOutcome::Ok) co_return std::unexpected(answer);
    co_return PaymentRecord{};
  }
  PaymentAnswer result() {
    ++calls;
    if (clock.at < back_at) return {EffectOutcome::Unknown, "timeout"};
    return {EffectOutcome::Ok, ""};
  }

  TestClock& clock;
  Timestamp back_at;
  std::int64_t calls = 0;
};

struct ChancyIds : Ids {
  OrderId next_order_id(Timestamp) override {
    std::array<std::uint8_t, 16> bytes{};
    bytes[6] = 0x70;
    bytes[14] = static_cast<std::uint8_t>(++made >> 8);
    bytes[15] = static_cast<std::uint8_t>(made);
    return OrderId(bytes);
  }
  double jitter() override { return static_cast<double>(random() % 1'000) / 1'000; }

  std::minstd_rand random{1};
  unsigned made = 0;
};

class Night : public testing::Test, protected TestShop {
 protected:
  void submit() {
    OrderDraft draft{.customer_email = "test@example.com",
                     .lines = {{"widget", "Widget", 2999, 2}},
                     .payment_method = "pm_card_visa"};
    ASSERT_TRUE(run(submit_order(night, std::move(draft), std::nullopt)));
  }

  /// Works on what is due, orders in between and runs order-recovery every minute.
  void pass_until(Timestamp end, int orders_in_between) {
    const Duration between = orders_in_between > 0 ? (end - clock.at) / orders_in_between : 1min;
    Timestamp next_order = orders_in_between > 0 ? clock.at : end;
    Timestamp next_recovery = clock.at + 1min;
    while (clock.at < end) {
      const Timestamp nudged = timed.nudges.empty() ? end : timed.nudges.top().at;
      clock.at = std::max(clock.at, std::min({nudged, next_order, next_recovery, end}));
      if (clock.at >= end) break;
      if (clock.at >= next_order) {
        submit();
        next_order += between;
      } else if (clock.at >= next_recovery) {
        ASSERT_TRUE(run(recover_overdue(night)));
        next_recovery += 1min;
      } else {
        const auto nudge = timed.nudges.top();
        timed.nudges.pop();
        ASSERT_TRUE(run(take_step(night, nudge.stage, nudge.order)));
      }
    }
  }

  std::ptrdiff_t count(bool (*is)(const Order&)) const {
    return std::ranges::count_if(memory.orders, [is](const auto& o) { return is(*o.second); });
  }

  TimedQueue timed{clock};
  NightlyGateway nightly{clock};
  ChancyIds chance;
  Services night{orders, products, timed, nightly, carrier, clock, chance};
};

TEST_F(Night, OfOutageParksNoOrderAndAllShipSoonAfterIt) {
  for (int i = 0; i < kOrders / 2; ++i) submit();
  nightly.back_at = clock.at + kOutage;
  pass_until(nightly.back_at, kOrders / 2);
  ASSERT_EQ(std::ssize(memory.orders), kOrders);
  EXPECT_EQ(count([](const Order& order) { return order.state.attention.has_value(); }), 0);
  EXPECT_LE(timed.nudges.size(), static_cast<std::size_t>(kOrders)) << "one nudge an order";
  EXPECT_LT(nightly.calls, kOutage / Breaker::kProbeEvery + 1'000) << "mostly probes";

  pass_until(nightly.back_at + kEndsWithin, 0);
  EXPECT_EQ(std::ssize(memory.orders), kOrders) << "none is lost";
  EXPECT_EQ(count([](const Order& order) { return order.state.status == Status::Shipped; }),
            kOrders);
  EXPECT_EQ(count([](const Order& order) { return order.state.events.size() > 40; }), 0);
}

TEST_F(Night, LongerThanPatienceParksTheOrders) {
  for (int i = 0; i < 50; ++i) submit();
  const Timestamp begin = clock.at;
  nightly.back_at = begin + 30h;
  pass_until(begin + kPatience, 0);
  EXPECT_EQ(count([](const Order& order) { return order.state.attention.has_value(); }), 0);
  pass_until(begin + kPatience + 1h, 0);
  EXPECT_EQ(count([](const Order& order) { return order.state.attention.has_value(); }), 50);
}

}  // namespace
}  // namespace orderflow
