#include "adapters/dynamodb/item.h"

#include <openssl/evp.h>

#include <charconv>

namespace orderflow::dynamodb {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// How many bytes at the front of `text` are one UTF-8 sequence (RFC 3629, section 4); 0 for none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

/// `text`, or, where some of it is no UTF-8, a mended copy in `mended`.
std::string_view valid_utf8(std::string_view text, std::string& mended) {
  std::size_t at = 0;
  std::size_t copied = 0;
  while (at < text.size()) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) {
      mended.append(text, copied, at - copied).append(kReplacement);
      copied = at + 1;
    }
    at += length == 0 ? 1 : length;
  }
  if (copied == 0) return text;
  return mended.append(text, copied);
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
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
    out.member("B", to_base64(std::get<Binary>(value).bytes));
  }
  out.end_object();
}

void write_item(JsonWriter& out, const Attributes& attributes) {
  out.begin_object();
  for (const auto& [name, value] : attributes) write_value(out.key(name), value);
  out.end_object();
}

std::optional<std::string_view> Item::find(std::string_view name, std::string_view type) const {
  const auto* typed = attributes_->if_contains(name);
  const auto* object = typed ? typed->if_object() : nullptr;
  const auto* value = object ? object->if_contains(type) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::string_view> Item::text(std::string_view name) const { return find(name, "S"); }

std::optional<std::int64_t> Item::number(std::string_view name) const {
  const auto digits = find(name, "N");
  if (!digits) return std::nullopt;
  std::int64_t number = 0;
  const char* end = digits->data() + digits->size();
  const auto [parsed, error] = std::from_chars(digits->data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

std::optional<std::string> Item::binary(std::string_view name) const {
  const auto text = find(name, "B");
  return text ? from_base64(*text) : std::nullopt;
}

std::optional<Item> item_at(const boost::json::object& answer, std::string_view member) {
  const auto* value = answer.if_contains(member);
  const auto* attributes = value ? value->if_object() : nullptr;
  if (attributes == nullptr || attributes->empty()) return std::nullopt;
  return Item(*attributes);
}

}  // namespace orderflow::dynamodb
