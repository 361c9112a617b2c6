#include "base/ids.h"

#include "base/hex.h"

namespace orderflow {
namespace {

bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

std::optional<OrderId> OrderId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes;
  std::size_t at = 0;
  int valid = 0;  // negative once a digit is not valid
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    valid |= high | low;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (valid < 0) return std::nullopt;
  return OrderId(bytes);
}

void OrderId::append_to(std::string& out) const {
  char text[36];
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i)) text[at++] = '-';
    text[at++] = kHexDigits[bytes_[i] >> 4];
    text[at++] = kHexDigits[bytes_[i] & 15];
  }
  out.append(text, sizeof text);
}

std::string OrderId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace orderflow
