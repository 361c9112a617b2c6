#include "functions/breaker.h"

#include <gtest/gtest.h>

#include "support/ports.h"

namespace orderflow {
namespace {

class BreakerTest : public testing::Test {
 protected:
  void fail(std::uint8_t orders, std::uint8_t first = 0) {
    for (std::uint8_t i = 0; i < orders; ++i) {
      breaker.unanswered(order_id(static_cast<std::uint8_t>(first + i)), clock.now());
    }
  }

  Breaker breaker;
  TestClock clock;
};

TEST_F(BreakerTest, OpensOnceCallsForSeveralOrdersInARowHadNoAnswer) {
  fail(Breaker::kOrdersToOpen - 1);
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.admits(clock.now()));
  fail(1, 100);
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.admits(clock.now()));
}

TEST_F(BreakerTest, StaysClosedForAnOrderThatFailsAlone) {
  for (int i = 0; i < 1000; ++i) fail(1);
  EXPECT_FALSE(breaker.open());
  for (std::uint8_t i = 1; i < 100; ++i) {
    fail(1, i);
    breaker.answered();  // for a neighbour
  }
  EXPECT_FALSE(breaker.open());
}

TEST_F(BreakerTest, LetsOneProbeThroughAtATimeAndClosesWithItsAnswer) {
  fail(Breaker::kOrdersToOpen);
  for (int probe = 0; probe < 3; ++probe) {
    EXPECT_FALSE(breaker.admits(clock.now()));
    clock.at += Breaker::kProbeEvery;
    EXPECT_TRUE(breaker.admits(clock.now()));
    fail(1, 200);
  }
  EXPECT_FALSE(breaker.admits(clock.now()));
  breaker.answered();
  EXPECT_TRUE(breaker.admits(clock.now()));
  EXPECT_FALSE(breaker.open());
  fail(Breaker::kOrdersToOpen - 1);
  EXPECT_FALSE(breaker.open()) << "the count starts again";
}

TEST_F(BreakerTest, ProbesWhereTheClockIsSetBack) {
  fail(Breaker::kOrdersToOpen);
  clock.at -= std::chrono::hours(24 * 365);
  EXPECT_TRUE(breaker.admits(clock.now()));
  EXPECT_FALSE(breaker.admits(clock.now()));
}

}  // namespace
}  // namespace orderflow
