#include "adapters/stored/cursor.h"

#include <openssl/sha.h>

#include <array>

namespace orderflow {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::size_t kCheckBytes = 6;

void append_hex(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

std::string check_of(std::string_view position, std::string_view query) {
  std::string text(position);
  text += '\0';
  text += query;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), kCheckBytes};
}

}  // namespace

std::string make_cursor(std::string_view position, std::string_view query) {
  std::string cursor;
  append_hex(cursor, check_of(position, query));
  append_hex(cursor, position);
  return cursor;
}

std::optional<std::string> read_cursor(std::string_view cursor, std::string_view query) {
  if (cursor.size() <= 2 * kCheckBytes || cursor.size() % 2 != 0) return std::nullopt;
  std::string position;
  for (std::size_t i = 2 * kCheckBytes; i < cursor.size(); i += 2) {
    const auto high = kHex.find(cursor[i]);
    const auto low = kHex.find(cursor[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    position += static_cast<char>(high << 4 | low);
  }
  if (make_cursor(position, query) != cursor) return std::nullopt;
  return position;
}

std::string describe(const OrderQuery& query) {
  std::string text = query.customer_email.value_or("") + '\n';
  text += query.status ? to_string(*query.status) : "";
  text += '\n' + (query.from ? format_rfc3339(*query.from) : "");
  text += '\n' + (query.to ? format_rfc3339(*query.to) : "");
  return text;
}

}  // namespace orderflow
