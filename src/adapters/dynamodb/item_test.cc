#include "adapters/dynamodb/item.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>

namespace orderflow::dynamodb {
namespace {

std::string written(const Attributes& attributes) {
  std::string text;
  JsonWriter out(text);
  write_item(out, attributes);
  return text;
}

TEST(DynamoItem, IsWrittenAsDynamoDbTakesIt) {
  EXPECT_EQ(written({{"id", "a\"b"}, {"version", 3}, {"fingerprint", Binary{"\xde\xad\xbe\xef"}}}),
            R"({"id":{"S":"a\"b"},"version":{"N":"3"},"fingerprint":{"B":"3q2+7w=="}})");
}

TEST(DynamoItem, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(written({{"a", "\xff x"}, {"b", "caf\xc3"}, {"c", "\xed\xa0\x80"}, {"d", "é☃😀"}}),
            "{\"a\":{\"S\":\"\uFFFD x\"},\"b\":{\"S\":\"caf\uFFFD\"},"
            "\"c\":{\"S\":\"\uFFFD\uFFFD\uFFFD\"},\"d\":{\"S\":\"é☃😀\"}}");
}

RC_GTEST_PROP(DynamoItem, ReadsWhatItWrites, ()) {
  const auto number = *rc::gen::arbitrary<std::int64_t>();
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange('\x01', '\x7f'));
  const DynamoItem item(
      boost::json::parse(written({{"s", text}, {"n", number}, {"b", Binary{bytes}}})));
  RC_ASSERT(item.text("s") == text);
  RC_ASSERT(item.number("n") == number);
  RC_ASSERT(item.binary("b") == bytes);
}

TEST(DynamoItem, HasNoAttributeOfAnotherTypeOrShape) {
  const DynamoItem item(boost::json::parse(
      R"({"s":{"S":"1"},"n":{"N":"1.5"},"b":{"B":"!"},"x":"S","y":{"N":7},"big":{"N":"1e30"}})"));
  EXPECT_EQ(item.text("absent"), std::nullopt);
  EXPECT_EQ(item.number("s"), std::nullopt);
  EXPECT_EQ(item.number("n"), std::nullopt);
  EXPECT_EQ(item.number("y"), std::nullopt);
  EXPECT_EQ(item.number("big"), std::nullopt);
  EXPECT_EQ(item.binary("b"), std::nullopt);
  EXPECT_EQ(item.text("x"), std::nullopt);
  EXPECT_EQ(item.text("s"), "1");
}

}  // namespace
}  // namespace orderflow::dynamodb
