#include "adapters/stored/cursor.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(Cursor, GivesThePositionBackToItsQuery) {
  const std::string position("a\0\xff 1", 5);
  EXPECT_EQ(read_cursor(make_cursor(position, "query"), "query"), position);
}

TEST(Cursor, IsOfItsQueryOnly) {
  EXPECT_EQ(read_cursor(make_cursor("1", "query"), "other"), std::nullopt);
  EXPECT_EQ(read_cursor(make_cursor("1", "23"), std::string("2\0003", 3)), std::nullopt);
}

TEST(Cursor, RefusesEveryChangeOfALetter) {
  const std::string cursor = make_cursor("12345", "query");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string forged = cursor;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_EQ(read_cursor(forged, "query"), std::nullopt) << i;
    EXPECT_EQ(read_cursor(cursor.substr(0, i), "query"), std::nullopt) << i;
  }
  EXPECT_EQ(read_cursor(cursor + "00", "query"), std::nullopt);
  EXPECT_EQ(read_cursor("", "query"), std::nullopt);
}

}  // namespace
}  // namespace orderflow
