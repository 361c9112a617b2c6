#include "base/hex.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

using namespace std::string_view_literals;

TEST(Hex, WritesTwoLowerCaseDigitsPerByte) {
  EXPECT_EQ(to_hex("\x00\x1f\xff"sv), "001fff");
  EXPECT_EQ(to_hex(std::array<std::uint8_t, 2>{0xab, 0x0c}), "ab0c");
  EXPECT_EQ(to_hex(""sv), "");
}

TEST(Hex, ReadsDigitsInEitherCase) {
  std::array<std::uint8_t, 3> bytes{};
  ASSERT_TRUE(read_hex("00aBFf", bytes));
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 3>{0x00, 0xab, 0xff}));
  std::string text(2, '\0');
  ASSERT_TRUE(read_hex("4869", text));
  EXPECT_EQ(text, "Hi");
}

TEST(Hex, RefusesOtherLettersAndLengths) {
  std::array<std::uint8_t, 2> bytes{};
  for (const char* digits :
       {"", "ab0", "ab0cd", "ab0c00", "ab0g", "g000", "ab-c", "0x12", " b0c"}) {
    EXPECT_FALSE(read_hex(digits, bytes)) << digits;
  }
}

}  // namespace
}  // namespace orderflow
