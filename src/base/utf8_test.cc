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

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(count_characters(""), 0u);
  EXPECT_EQ(count_characters("a\u00e9\u2603\U0001F600"), 4u);
}

TEST(Utf8, TakesCharactersOfEveryLength) {
  std::string_view text = "a\u00e9\u2603\U0001F600";
  for (const char32_t expected : U"a\u00e9\u2603\U0001F600"sv) {
    EXPECT_EQ(take_character(text), expected);
  }
  EXPECT_TRUE(text.empty());
}

TEST(Utf8, KnowsWhatCannotBeSeen) {
  for (const char* text : {"", " ", "\t\n\v\f\r", "\x1C\x1F\x7F", "\u0080\u0085\u009F\u00A0",
                           "\u1680", "\u2000\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF"}) {
    EXPECT_TRUE(is_blank(text)) << testing::PrintToString(text);
  }
  for (const char* text : {"a", " a", "\u3000\u00A1", "~", "\u200B", "\U0001F600"}) {
    EXPECT_FALSE(is_blank(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace orderflow
