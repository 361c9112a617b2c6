#include "base/utf8.h"

#include <algorithm>
#include <cstdint>

namespace orderflow {

std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto continues = [byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (text.empty()) return 0;
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
  if (first < 0xE0) return 2;
  if (!continues(2)) return 0;
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xF0 && byte(1) < 0x90;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || too_large || !continues(3) ? 0 : 4;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t count_characters(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

char32_t take_character(std::string_view& text) {
  const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
  const auto first = static_cast<std::uint8_t>(text.front());
  char32_t character = length == 1 ? first : first & (0x7F >> length);
  for (const char c : text.substr(1, length - 1)) {
    character = character << 6 | (static_cast<std::uint8_t>(c) & 0x3F);
  }
  text.remove_prefix(length);
  return character;
}

bool is_space_or_control(char32_t character) {
  if (character <= 0xA0) return character <= 0x20 || character >= 0x7F;
  switch (character) {
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
    case 0xFEFF:
      return true;
    default:
      return character >= 0x2000 && character <= 0x200A;
  }
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    if (!is_space_or_control(take_character(text))) return false;
  }
  return true;
}

}  // namespace orderflow
