#include "base/percent.h"

#include <gtest/gtest.h>

#include <optional>

namespace orderflow {
namespace {

std::string encoded(std::string_view text, std::string_view keep = "") {
  std::string out;
  append_percent_encoded(out, text, keep);
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  if (!append_percent_decoded(out, text)) return std::nullopt;
  return out;
}

TEST(Percent, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(encoded("a/b c+\xc3\xa9%"), "a%2Fb%20c%2B%C3%A9%25");
  EXPECT_EQ(encoded("/a b/", "/"), "/a%20b/");
}

TEST(Percent, DecodesWhatItEncodes) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  EXPECT_EQ(decoded(encoded(every_byte)), every_byte);
  EXPECT_EQ(decoded("%c3%A9+a"), "\xc3\xa9+a");
}

TEST(Percent, RefusesBrokenEscapes) {
  for (const char* text : {"%", "a%4", "%4", "%zz", "%4g", "%%41", "% 41"}) {
    EXPECT_EQ(decoded(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace orderflow
