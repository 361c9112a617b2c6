#include "base/json_writer.h"

#include <charconv>

#include "base/hex.h"

namespace orderflow {

namespace {

/// The letter behind the backslash of a short escape (RFC 8259, section 7); 0 where there is none.
char short_escape(unsigned char c) {
  switch (c) {
    case '"':
    case '\\':
      return static_cast<char>(c);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // everything before this is written
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!needs_escape(c)) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    if (const char letter = short_escape(c)) {
      out += letter;
    } else {
      out += "u00";
      out += kHexDigits[c >> 4];
      out += kHexDigits[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

std::size_t json_string_bytes(std::string_view text) {
  std::size_t bytes = 2 + text.size();
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (needs_escape(c)) bytes += short_escape(c) ? 1 : 5;
  }
  return bytes;
}

void append_integer(std::string& out, std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

}  // namespace orderflow
