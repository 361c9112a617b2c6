#include "adapters/stored/cursor.h"

#include <openssl/sha.h>

#include <array>

#include "base/hex.h"
#include "order/model/customer_key.h"

namespace orderflow {
namespace {

constexpr std::size_t kCheckBytes = 6;

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
  return to_hex(check_of(position, query)) + to_hex(position);
}

std::optional<std::string> read_cursor(std::string_view cursor, std::string_view query) {
  if (cursor.size() <= 2 * kCheckBytes) return std::nullopt;
  const std::string_view digits = cursor.substr(2 * kCheckBytes);
  std::string position(digits.size() / 2, '\0');
  if (!read_hex(digits, position) || make_cursor(position, query) != cursor) return std::nullopt;
  return position;
}

std::string describe(const OrderQuery& query) {
  std::string text = customer_key(query.customer_email.value_or("")) + '\n';
  text += query.status ? to_string(*query.status) : "";
  text += '\n' + (query.from ? format_rfc3339(*query.from) : "");
  text += '\n' + (query.to ? format_rfc3339(*query.to) : "");
  return text;
}

}  // namespace orderflow
