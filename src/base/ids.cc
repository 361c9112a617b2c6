#include "base/ids.h"

namespace orderflow {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// The value of each hex digit, -1 of every other byte.
constexpr auto kHexValue = [] {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (int i = 0; i < 16; ++i) {
    values[static_cast<unsigned char>("0123456789abcdef"[i])] = static_cast<std::int8_t>(i);
    values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

int hex_value(char c) { return kHexValue[static_cast<unsigned char>(c)]; }

bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

std::optional<OrderId> OrderId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes;
  std::size_t at = 0;
  int wrong = 0;  // its sign: of every digit
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    wrong |= high | low;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (wrong < 0) return std::nullopt;
  return OrderId(bytes);
}

void OrderId::append_to(std::string& out) const {
  char text[36];
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i)) text[at++] = '-';
    text[at++] = kHex[bytes_[i] >> 4];
    text[at++] = kHex[bytes_[i] & 15];
  }
  out.append(text, sizeof text);
}

std::string OrderId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace orderflow
