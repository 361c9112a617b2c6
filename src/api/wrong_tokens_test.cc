#include "api/wrong_tokens.h"

#include <gtest/gtest.h>

#include <functional>

#include "support/run.h"

namespace orderflow {
namespace {

using namespace std::chrono_literals;

/// Time that stands still; waits return at once and are recorded.
struct RecordedTimers : Timers {
  struct RecordedTimer : Timer {
    explicit RecordedTimer(RecordedTimers& of) : timers(of) {}
    Task<void> wait_until(SteadyTime time) override {
      timers.waited = time - timers.at;
      if (timers.meanwhile) timers.meanwhile();
      co_return;
    }
    void cancel() override {}
    RecordedTimers& timers;
  };
  SteadyTime now() override { return at; }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<RecordedTimer>(*this); }

  SteadyTime at{1h};
  std::chrono::nanoseconds waited{};
  std::function<void()> meanwhile;
};

/// run() wants a result.
Task<bool> done(Task<void> task) {
  co_await std::move(task);
  co_return true;
}

class WrongTokensTest : public testing::Test {
 protected:
  /// How long the answer to a wrong token of this client waits.
  std::chrono::nanoseconds wait_of(const std::string& client) {
    timers_.waited = 0s;
    EXPECT_TRUE(run(done(tokens_.hold_back(client))));
    return timers_.waited;
  }

  RecordedTimers timers_;
  WrongTokens tokens_{timers_};
};

TEST_F(WrongTokensTest, AClientHasTenAtOnceAndThenOneASecond) {
  for (int i = 0; i < WrongTokens::kAtOnce; ++i) EXPECT_EQ(wait_of("a"), 0s) << i;
  EXPECT_EQ(wait_of("a"), 1s);
  EXPECT_EQ(wait_of("a"), 2s) << "on another connection";
  EXPECT_EQ(wait_of("b"), 0s) << "another client does not wait";
  timers_.at += 2s;
  EXPECT_EQ(wait_of("a"), 1s);
  timers_.at += 1h;
  EXPECT_EQ(wait_of("a"), 0s);
}

TEST_F(WrongTokensTest, NoAnswerWaitsForLongerThanTenSeconds) {
  for (int i = 0; i < 100; ++i) (void)wait_of("a");
  EXPECT_EQ(wait_of("a"), WrongTokens::kWaitMax);
}

TEST_F(WrongTokensTest, ManyClientsDoNotFreeOneThatGoesOn) {
  for (std::size_t i = 0; i < WrongTokens::kClientsMax + 500; ++i) {
    (void)wait_of(std::to_string(i));
    (void)wait_of("a");
  }
  EXPECT_EQ(wait_of("a"), WrongTokens::kWaitMax);
}

TEST_F(WrongTokensTest, OnlySomeAnswersWaitAtATime) {
  for (int i = 0; i < WrongTokens::kAtOnce; ++i) (void)wait_of("a");
  std::size_t held = 0;
  timers_.meanwhile = [&] {
    if (++held < 2 * WrongTokens::kHeldMax) (void)wait_of("a");
  };
  (void)wait_of("a");
  EXPECT_EQ(held, WrongTokens::kHeldMax);
  held = 0;
  (void)wait_of("a");
  EXPECT_EQ(held, WrongTokens::kHeldMax) << "they are let go";
}

TEST_F(WrongTokensTest, AfterTheStopNoAnswerWaits) {
  for (int i = 0; i < 20; ++i) (void)wait_of("a");
  tokens_.stop();
  EXPECT_EQ(wait_of("a"), 0s);
}

}  // namespace
}  // namespace orderflow
