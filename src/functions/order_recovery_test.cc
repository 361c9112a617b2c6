#include "functions/order_recovery.h"

#include "base/limits.h"
#include "support/functions_test.h"

namespace orderflow {
namespace {

/// Waits pass at once; the last one of `waits` stops the loop.
struct PassingTimers : Timers {
  struct PassingTimer : Timer {
    explicit PassingTimer(PassingTimers& all) : timers(all) {}
    Task<void> wait_until(SteadyTime time) override {
      timers.at = time;
      if (--timers.waits == 0) timers.stop.request_stop();
      co_return;
    }
    void cancel() override {}
    PassingTimers& timers;
  };
  SteadyTime at{};
  int waits = 0;
  std::stop_source stop;
  SteadyTime now() override { return at; }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<PassingTimer>(*this); }
};

TEST_F(Functions, RecoveryNudgesManyOverdueOrdersSideBySide) {
  constexpr std::size_t kMany = 205;  // more than are nudged at once
  for (std::size_t i = 0; i < kMany; ++i) submit(draft());
  queue.nudges.clear();
  clock.at += kOverdueGrace;
  EXPECT_EQ(*run(recover_overdue(services)), static_cast<std::int64_t>(kMany));
  EXPECT_EQ(queue.nudges.size(), kMany);
}

using OpenOrders = Result<std::vector<OpenOrder>>;

Task<OpenOrders> ready(OpenOrders orders) { co_return orders; }

TEST_F(Functions, RecoveryGoesOnAfterAnErrorUntilItIsStopped) {
  PassingTimers timers;
  timers.waits = 4;
  std::vector<bool> reports;
  auto report = [&](const Result<std::int64_t>& nudged) {
    reports.push_back(nudged.has_value());
    orders.broken.reset();
    if (reports.size() == 1) orders.broken = Error{ErrorCode::Unavailable, "the store is down"};
  };
  run(finish(
      recover_periodically(services, timers, Duration(5'000), report, timers.stop.get_token())));
  EXPECT_EQ(reports, (std::vector{true, false, true}));
  EXPECT_EQ(timers.at, SteadyTime(Duration(20'000)));
}

TEST_F(Functions, ResumeNudgesEveryOpenOrderButThoseThatCannotBeRead) {
  constexpr std::int64_t kOpen = 600;  // more than one call reads
  constexpr std::int64_t kDamaged = 7;
  std::int64_t reads = 0;
  auto read = [&](std::int64_t after, std::int64_t limit) {
    ++reads;
    std::vector<OpenOrder> open;
    for (std::int64_t seq = after + 1; seq <= std::min(after + limit, kOpen); ++seq) {
      OpenOrder order{.id = ids.next_order_id(clock.now()), .due = std::nullopt, .seq = seq};
      const Duration wait(seq == kOpen ? 7'000 : 0);
      if (seq != kDamaged) order.due = DueStep{.stage = Stage::Inventory, .at = clock.now() + wait};
      open.push_back(order);
    }
    return ready(std::move(open));
  };
  std::vector<ErrorCode> reported;
  auto report = [&](std::string_view, const Error& error, LogFields) {
    reported.push_back(error.code);
  };
  EXPECT_EQ(run(resume_open_orders(read, queue, clock, report)), kOpen - 1);
  EXPECT_EQ(reads, 2);
  EXPECT_EQ(queue.nudges.size(), static_cast<std::size_t>(kOpen - 1));
  EXPECT_EQ(queue.nudges.front().delay, Duration::zero());
  EXPECT_EQ(queue.nudges.back().delay, Duration(7'000));
  EXPECT_EQ(reported, std::vector{ErrorCode::Corrupt});
}

TEST_F(Functions, ResumeReportsOrdersThatCannotBeReadAtAll) {
  auto read = [](std::int64_t, std::int64_t) {
    return ready(failure(ErrorCode::Unavailable, "the disk does not answer"));
  };
  std::vector<ErrorCode> reported;
  auto report = [&](std::string_view, const Error& error, LogFields) {
    reported.push_back(error.code);
  };
  EXPECT_EQ(run(resume_open_orders(read, queue, clock, report)), 0);
  EXPECT_EQ(reported, std::vector{ErrorCode::Unavailable});
}

}  // namespace
}  // namespace orderflow
