#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_writer.h"

// The JSON in which DynamoDB takes and gives items, as far as we use it:
//   {"id":{"S":"0198c2f0-..."},"version":{"N":"3"},"fingerprint":{"B":"3q2+7w=="}}
// Numbers travel as text, binary in base64.
namespace orderflow::dynamodb {

struct Binary {
  std::string bytes;
};
/// A key or the fingerprint of a request.
[[nodiscard]] Binary binary_of(const std::array<std::uint8_t, 16>& hash);
/// S, N or B.
using Value = std::variant<std::string, std::int64_t, Binary>;
/// Names are our own constants.
using Attributes = std::vector<std::pair<std::string_view, Value>>;

/// {"S":"..."}. Bytes that are not UTF-8 (a reason may quote another service's answer) are written as
/// U+FFFD, since DynamoDB would refuse the whole request.
void write_value(JsonWriter& out, const Value& value);
void write_item(JsonWriter& out, const Attributes& attributes);
/// Members of a request that reads of each item only these attributes; nothing where there are none.
void write_projection(JsonWriter& out, std::span<const std::string_view> attributes);

/// An item as it was read. Each function returns nullopt where the attribute is absent or of another
/// type; texts are views into this object.
class DynamoItem {
 public:
  explicit DynamoItem(boost::json::value attributes) : attributes_(std::move(attributes)) {}

  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> binary(std::string_view name) const;

 private:
  boost::json::value attributes_;
};

/// A copy of a member of an answer: "Item", "Attributes". nullopt where there is none, or an empty
/// one.
[[nodiscard]] std::optional<DynamoItem> item_at(const boost::json::value& answer,
                                                std::string_view name);

}  // namespace orderflow::dynamodb
