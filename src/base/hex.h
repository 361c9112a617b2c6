#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderflow {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// The value of each hex digit, in either case; -1 for every other byte.
inline constexpr auto kHexValues = [] {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (int i = 0; i < 16; ++i) {
    values[static_cast<unsigned char>("0123456789abcdef"[i])] = static_cast<std::int8_t>(i);
    values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

constexpr int hex_value(char c) { return kHexValues[static_cast<unsigned char>(c)]; }

/// `bytes` is a string, or an array of bytes.
template <typename Bytes>
void append_hex(std::string& out, const Bytes& bytes) {
  for (const auto b : bytes) {
    const auto byte = static_cast<std::uint8_t>(b);
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
}

template <typename Bytes>
[[nodiscard]] std::string to_hex(const Bytes& bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

/// Fills `bytes`, whose size says how many digits are expected. False for anything else.
template <typename Bytes>
[[nodiscard]] bool read_hex(std::string_view digits, Bytes& bytes) {
  if (digits.size() != 2 * bytes.size()) return false;
  int valid = 0;  // negative once a digit is not valid
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(digits[2 * i]);
    const int low = hex_value(digits[2 * i + 1]);
    valid |= high | low;
    bytes[i] = static_cast<typename Bytes::value_type>(high << 4 | low);
  }
  return valid >= 0;
}

}  // namespace orderflow
