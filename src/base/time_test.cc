#include "base/time.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(Rfc3339, WritesMilliseconds) {
  EXPECT_EQ(format_rfc3339(Timestamp{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(Timestamp{Duration(1767323045678)}), "2026-01-02T03:04:05.678Z");
}

TEST(Rfc3339, ReadsWhatItWrites) {
  for (const char* text :
       {"2026-01-02T03:04:05.678Z", "1999-12-31T23:59:59.999Z", "2024-02-29T00:00:00.000Z"}) {
    ASSERT_TRUE(parse_rfc3339(text)) << text;
    EXPECT_EQ(format_rfc3339(*parse_rfc3339(text)), text);
  }
}

TEST(Rfc3339, ReadsShorterForms) {
  EXPECT_EQ(parse_rfc3339("2026-01-02"), parse_rfc3339("2026-01-02T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.5Z"), parse_rfc3339("2026-01-02T03:04:05.500Z"));
  EXPECT_EQ(parse_rfc3339("2026-01-02t03:04:05z"), parse_rfc3339("2026-01-02T03:04:05.000Z"));
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05+00:00"), parse_rfc3339("2026-01-02T03:04:05.000Z"));
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"", "2026", "2026-1-2", "2026-13-01", "2025-02-29", "2026-01-02T",
                           "2026-01-02 03:04:05Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z",
                           "2026-01-02T03:04:60Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05Zx", "x2026-01-02"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace orderflow
