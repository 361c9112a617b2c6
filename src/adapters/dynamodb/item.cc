#include "adapters/dynamodb/item.h"

#include <charconv>

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

std::optional<std::string_view> DynamoItem::find(std::string_view name,
                                                 std::string_view type) const {
  const auto* typed = attributes_->if_contains(name);
  const auto* object = typed ? typed->if_object() : nullptr;
  const auto* value = object ? object->if_contains(type) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::string_view> DynamoItem::text(std::string_view name) const {
  return find(name, "S");
}

std::optional<std::int64_t> DynamoItem::number(std::string_view name) const {
  const auto digits = find(name, "N");
  if (!digits) return std::nullopt;
  std::int64_t number = 0;
  const char* end = digits->data() + digits->size();
  const auto [parsed, error] = std::from_chars(digits->data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

std::optional<std::string> DynamoItem::binary(std::string_view name) const {
  const auto text = find(name, "B");
  return text ? decode_base64(*text) : std::nullopt;
}

std::optional<DynamoItem> item_at(const boost::json::object& answer, std::string_view member) {
  const auto* value = answer.if_contains(member);
  const auto* attributes = value ? value->if_object() : nullptr;
  if (attributes == nullptr || attributes->empty()) return std::nullopt;
  return DynamoItem(*attributes);
}

}  // namespace orderflow::dynamodb
