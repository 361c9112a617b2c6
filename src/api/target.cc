#include "api/target.h"

#include <cstdint>

namespace orderflow {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// What comes before the separator; the text keeps what comes after it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

/// How many bytes the character at the front has (RFC 3629, section 4); 0 where it is malformed:
/// overlong, a surrogate, beyond U+10FFFF, or cut off.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto continues = [byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
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

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string_view> Target::decode(std::string_view text) {
  std::string_view result = text;
  if (text.find('%') != std::string_view::npos) {
    const std::size_t start = decoded_.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
      char c = text[i];
      if (c == '%') {
        const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
      decoded_.push_back(c);
    }
    result = {decoded_.data() + start, decoded_.size() - start};
  }
  if (result.find('\0') != std::string_view::npos || !is_utf8(result)) return std::nullopt;
  return result;
}

bool Target::parse_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  for (bool more = true; more; ++segment_count_) {
    more = path.find('/') != std::string_view::npos;
    const auto segment = decode(take_until(path, '/'));
    if (!segment) return false;
    if (segment_count_ < kSegmentsMax) segments_[segment_count_] = *segment;
  }
  return true;
}

bool Target::parse_query(std::string_view query) {
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (value.empty()) continue;
    const auto name = decode(take_until(value, '='));
    const auto decoded = decode(value);
    if (!name || !decoded) return false;
    query_.emplace_back(*name, *decoded);
  }
  return true;
}

bool Target::parse(std::string_view target) {
  if (target.find('%') != std::string_view::npos) decoded_.reserve(target.size());
  const std::string_view path = take_until(target, '?');
  return parse_path(path) && parse_query(target);
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

void append_path_segment(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

}  // namespace orderflow
