#include "adapters/dynamodb/item.h"

#include "adapters/aws/aws_json.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace orderflow::dynamodb {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// `text`, or, where some of it is not UTF-8, a repaired copy, which is kept in `mended`.
std::string_view valid_utf8(std::string_view text, std::string& mended) {
  std::size_t at = 0;
  std::size_t copied = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) {
      mended.append(text, copied, at - copied).append(kReplacement);
      copied = at + 1;
    }
    at += length == 0 ? 1 : length;
  }
  if (copied == 0) return text;
  return mended.append(text, copied);
}

}  // namespace

Binary binary_of(const std::array<std::uint8_t, 16>& hash) {
  return {{reinterpret_cast<const char*>(hash.data()), hash.size()}};
}

void write_projection(JsonWriter& out, std::span<const std::string_view> attributes) {
  if (attributes.empty()) return;
  // By placeholders, since "state" is a word that DynamoDB reserves.
  std::string expression;
  out.key("ExpressionAttributeNames").begin_object();
  for (const std::string_view attribute : attributes) {
    const std::string placeholder = "#" + std::string(attribute);
    expression += (expression.empty() ? "" : ",") + placeholder;
    out.member(placeholder, attribute);
  }
  out.end_object().member("ProjectionExpression", expression);
}

void write_value(JsonWriter& out, const Value& value) {
  out.begin_object();
  if (const auto* text = std::get_if<std::string>(&value)) {
    std::string mended;
    out.member("S", valid_utf8(*text, mended));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.member("N", std::to_string(*number));
  } else {
    out.member("B", encode_base64(std::get<Binary>(value).bytes));
  }
  out.end_object();
}

void write_item(JsonWriter& out, const Attributes& attributes) {
  out.begin_object();
  for (const auto& [name, value] : attributes) write_value(out.key(name), value);
  out.end_object();
}

std::optional<std::string_view> DynamoItem::text(std::string_view name) const {
  return text_member(member(attributes_, name), "S");
}

std::optional<std::int64_t> DynamoItem::number(std::string_view name) const {
  return number_member(member(attributes_, name), "N");
}

std::optional<std::string> DynamoItem::binary(std::string_view name) const {
  const auto text = text_member(member(attributes_, name), "B");
  return text ? decode_base64(*text) : std::nullopt;
}

std::optional<DynamoItem> item_at(const boost::json::value& answer, std::string_view name) {
  const auto* attributes = member(answer, name).if_object();
  if (attributes == nullptr || attributes->empty()) return std::nullopt;
  return DynamoItem(*attributes);
}

}  // namespace orderflow::dynamodb
