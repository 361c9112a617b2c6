#include "order/model/texts.h"

#include <algorithm>

#include "base/utf8.h"

namespace orderflow {
namespace {

bool has_space_or_control(std::string_view text) {
  while (!text.empty()) {
    if (is_space_or_control(take_character(text))) return true;
  }
  return false;
}

}  // namespace

std::string text_problem(std::string_view text, std::size_t characters_max, Blank blank) {
  if (blank == Blank::Refused && text.empty()) return "must not be empty";
  if (!is_utf8(text)) return "must be UTF-8";
  // Counted only where the bytes do not tell.
  if (text.size() > characters_max && count_characters(text) > characters_max) {
    return "must be at most " + std::to_string(characters_max) + " characters long";
  }
  if (text.find('\0') != std::string_view::npos) return "must not contain U+0000";
  if (blank == Blank::Refused && is_blank(text)) return "must not be blank";
  return {};
}

bool is_plausible_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && !has_space_or_control(text);
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_country_code(std::string_view text) {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_dot_segment(std::string_view sku) { return sku == "." || sku == ".."; }

}  // namespace orderflow
