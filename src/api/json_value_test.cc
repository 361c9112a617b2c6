#include "api/json_value.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace orderflow {
namespace {

std::string problem_of(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  return document ? "" : document.error().problem;
}

std::string canonical(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return "not JSON: " + document.error().problem;
  std::string out;
  append_canonical(out, document->root());
  return out;
}

std::string nested(std::size_t levels) {
  std::string text = R"({"a":)";
  text.append(levels - 1, '[').append(levels - 1, ']');
  return text + "}";
}

TEST(JsonValue, KeepsNumbersAsTheirTextAndUnescapesStrings) {
  const auto document = JsonDocument::parse(
      R"({"price": 29.90, "big": 123456789012345678901234567890, "tiny": 1e-400, "neg": -0.10E+2,
          "name": "a\"\u00e9\ud83d\ude00\n", "plain": "caf)"
      "\xC3\xA9"
      R"(", "yes": true, "none": null, "empty": "", "list": [1, [2, {"x": 3}], 4]})");
  ASSERT_TRUE(document) << document.error().problem;
  std::vector<std::pair<std::string_view, std::string_view>> members;
  for (const JsonValue& member : document->root()) {
    members.emplace_back(member.name(), member.text());
  }
  const std::vector<std::pair<std::string_view, std::string_view>> expected{
      {"price", "29.90"},
      {"big", "123456789012345678901234567890"},
      {"tiny", "1e-400"},
      {"neg", "-0.10E+2"},
      {"name", "a\"\xC3\xA9\xF0\x9F\x98\x80\n"},
      {"plain", "caf\xC3\xA9"},
      {"yes", "true"},
      {"none", "null"},
      {"empty", ""},
      {"list", ""}};
  EXPECT_EQ(members, expected);
  EXPECT_EQ(document->root().child_count(), expected.size());
}

TEST(JsonValue, WalksNestedArrays) {
  const auto document = JsonDocument::parse(R"({"list":[1,[2,{"x":3}],4]})");
  ASSERT_TRUE(document);
  const JsonValue& list = *document->root().begin();
  ASSERT_EQ(list.child_count(), 3u);
  std::string kinds;
  for (const JsonValue& item : list) kinds += std::string(describe(item.kind())) + ";";
  EXPECT_EQ(kinds, "a number;an array;a number;");
}

TEST(JsonValue, LongEscapedStringsSurviveTheParsersBuffer) {
  std::string text = R"({"a\u0062":")";
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    text += R"(x\u00e9)";
    expected += "x\xC3\xA9";
  }
  const std::string body = text + R"(","b":"\t"})";
  auto parsed = JsonDocument::parse(body);
  ASSERT_TRUE(parsed);
  const JsonDocument document = std::move(*parsed);
  auto member = document.root().begin();
  EXPECT_EQ(member->name(), "ab");
  EXPECT_EQ(member->text(), expected);
  EXPECT_EQ((++member)->text(), "\t");
}

TEST(JsonValue, ExponentsHaveALimitThatIsNotTheParsers) {
  // A parser may stop at the exponent's eleventh digit, or read on to the number's end: the answer
  // is the same.
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1e999999999", ""},
      {"1e-999999999", ""},
      {"1.5E+0000000000000999999999", ""},
      {"0e000000000000000000", ""},
      {"1e1000000000", "the exponent of a number is too large"},
      {"-1.25E-1000000000", "the exponent of a number is too large"},
      {"1e2147483647", "the exponent of a number is too large"},
      {"1e2147483648", "the exponent of a number is too large"},
      {"1e-2147483648", "the exponent of a number is too large"},
      {"1e99999999999", "the exponent of a number is too large"},
      {"1e-99999999999", "the exponent of a number is too large"},
      {"1e999999999999999999999999999999999999999999999999999999999999999",
       "a number is too long"}};
  for (const auto& [number, problem] : cases) {
    const std::string before = "{\n\"a\":";
    const auto document = JsonDocument::parse(before + std::string(number) + " }");
    EXPECT_EQ(document ? "" : document.error().problem, problem) << number;
    if (document) continue;
    EXPECT_EQ(document.error().offset, before.size() + number.size()) << number;
    EXPECT_EQ(document.error().line, 2u) << number;
  }
}

TEST(JsonValue, EnforcesItsLimits) {
  EXPECT_EQ(problem_of(nested(kJsonDepthMax)), "");
  EXPECT_EQ(problem_of(nested(kJsonDepthMax + 1)), "nested deeper than 32 levels");
  EXPECT_EQ(problem_of(nested(100'000)), "nested deeper than 32 levels");
  EXPECT_EQ(problem_of(std::string(100'000, '[')), "nested deeper than 32 levels");

  const auto with_number = [](std::size_t digits) {
    return std::string("{\"a\":").append(digits, '7').append("}");
  };
  EXPECT_EQ(problem_of(with_number(kJsonNumberBytesMax)), "");
  EXPECT_EQ(problem_of(with_number(kJsonNumberBytesMax + 1)), "a number is too long");
  EXPECT_EQ(problem_of(with_number(200'000)), "a number is too long");

  const auto with_members = [](std::size_t count) {
    std::string text = "{\"x\":1";
    for (std::size_t i = 1; i < count; ++i)
      text.append(",\"").append(std::to_string(i)).append("\":1");
    return text + "}";
  };
  EXPECT_EQ(problem_of(with_members(kJsonMembersMax)), "");
  EXPECT_EQ(problem_of(with_members(kJsonMembersMax + 1)), "an object has too many members");
}

TEST(JsonValue, ReportsThePositionOfAnError) {
  const auto error = JsonDocument::parse("{\"a\": 1,\n \"\xC3\xA9\": 2 3}").error();
  EXPECT_EQ(error.offset, 18u);  // of the 3
  EXPECT_EQ(error.line, 2u);
  EXPECT_EQ(error.column, 9u);
  // A member that comes twice: where its name ends.
  EXPECT_EQ(JsonDocument::parse(R"({"a":1,"a":2})").error().offset, 9u);
  EXPECT_EQ(JsonDocument::parse("  []").error().offset, 2u);
  EXPECT_EQ(JsonDocument::parse("{} {}").error().offset, 3u);
  EXPECT_EQ(JsonDocument::parse("{\"a\":").error().offset, 5u);
}

TEST(JsonValue, ReadsIntegersByTheirValue) {
  const std::pair<std::string_view, std::optional<std::int64_t>> cases[] = {
      {"2", 2},
      {"2.0", 2},
      {"2e0", 2},
      {"20e-1", 2},
      {"0.2E+1", 2},
      {"-3", -3},
      {"-30.0e-1", -3},
      {"0", 0},
      {"-0", 0},
      {"-0.0", 0},
      {"0e999", 0},
      {"1e3", 1000},
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", {}},
      {"-9223372036854775809", {}},
      {"1.5", {}},
      {"1e-1", {}},
      {"1e400", {}},
      {"1e19", {}},
      {"1e-400", {}}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(to_integer(text), expected) << text;
}

TEST(JsonValue, EqualMeaningsHaveOneCanonicalForm) {
  EXPECT_EQ(canonical(R"({"b":[1, 2.50],"a":"\u0041"})"),
            canonical(R"( {"a":"A", "b":[1.0,25e-1]} )"));
  EXPECT_EQ(canonical(R"({"a":29.9})"), canonical(R"({"a":29.90})"));
  EXPECT_EQ(canonical(R"({"a":3e1})"), canonical(R"({"a":30})"));
  EXPECT_EQ(canonical(R"({"a":0})"), canonical(R"({"a":-0.0e5})"));
  EXPECT_NE(canonical(R"({"a":29.9})"), canonical(R"({"a":-29.9})"));
  EXPECT_NE(canonical(R"({"a":29.9})"), canonical(R"({"a":2.99})"));
  EXPECT_NE(canonical(R"({"a":1})"), canonical(R"({"a":"1"})"));
  EXPECT_NE(canonical(R"({"a":[1,2]})"), canonical(R"({"a":[2,1]})"));
  EXPECT_NE(canonical(R"({"a":[],"b":1})"), canonical(R"({"a":[1],"b":[]})"));
}

}  // namespace
}  // namespace orderflow
