#include "base/utf8.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsCharactersOfEveryLength) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\0b"sv));
  EXPECT_TRUE(is_utf8("a\u00e9\u2603\U0001F600"));
  for (const char* text : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesMalformedSequences) {
  for (const char* text :
       {"\x80", "a\xBF",                                             // a continuation alone
        "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",  // overlong
        "\xED\xA0\x80", "\xED\xBF\xBF",                              // surrogates
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",              // beyond U+10FFFF
        "caf\xC3", "\xE2\x98", "\xF0\x9F\x98", "\xC3(", "\xE2(\x80", "\xF0\x9F(\x80"}) {  // cut off
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, MeasuresTheCharacterAtTheFront) {
  EXPECT_EQ(utf8_length("a\u2603"), 1u);
  EXPECT_EQ(utf8_length("\u2603a"), 3u);
  EXPECT_EQ(utf8_length("\xFF"
                        "a"),
            0u);
  EXPECT_EQ(utf8_length(""), 0u);
}

}  // namespace
}  // namespace orderflow
