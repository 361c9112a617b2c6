#include "base/json_writer.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

using namespace std::string_view_literals;

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("a", 1).key("b").begin_array().value("x").value(true).null();
  json.begin_object().end_object().end_array().member("c", "d").end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x",true,null,{}],"c":"d"})");
}

TEST(JsonString, EscapesWhatJsonForbidsAndNothingElse) {
  std::string out;
  const auto text = "a\"b\\c\n\r\t\b\f\0\x1f/\x7fé🙂"sv;
  append_json_string(out, text);
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f/\x7fé🙂\"");
  EXPECT_EQ(json_string_bytes(text), out.size());
}

}  // namespace
}  // namespace orderflow
