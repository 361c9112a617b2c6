#include "base/backoff.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

using namespace std::chrono_literals;

constexpr Backoff kBackoff{.base = 100ms, .cap = 1s};

TEST(Backoff, DoublesUpToItsCap) {
  EXPECT_EQ(kBackoff.wait(0, 1.0), 100ms);
  EXPECT_EQ(kBackoff.wait(1, 1.0), 200ms);
  EXPECT_EQ(kBackoff.wait(3, 1.0), 800ms);
  EXPECT_EQ(kBackoff.wait(4, 1.0), 1s);
  EXPECT_EQ(kBackoff.wait(10'000, 1.0), 1s);
}

TEST(Backoff, WaitsTheShareThatJitterSays) {
  EXPECT_EQ(kBackoff.wait(3, 0.0), 0ms);
  EXPECT_EQ(kBackoff.wait(3, 0.25), 200ms);
}

TEST(Backoff, DrawsItsOwnJitterWithinTheCeiling) {
  Duration shortest = kBackoff.cap;
  Duration longest{0};
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = kBackoff.wait(2);
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_GE(shortest, 0ms);
  EXPECT_LE(longest, 400ms);
  EXPECT_LT(shortest, longest);
}

}  // namespace
}  // namespace orderflow
