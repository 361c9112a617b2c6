#pragma once

#include <cstddef>
#include <string_view>

namespace orderflow {

/// How many bytes the character at the front of `text` has (RFC 3629, section 4); 0 where it is
/// malformed: a lone continuation, overlong, a surrogate, beyond U+10FFFF, or cut off.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// How many code points valid UTF-8 has: what JSON Schema counts for `maxLength`.
[[nodiscard]] std::size_t count_characters(std::string_view text);

/// Takes the character at the front off `text`, which is valid UTF-8 and not empty.
[[nodiscard]] char32_t take_character(std::string_view& text);

/// Whether the character is a control character (C0, DEL, C1), or white space for ECMAScript or for
/// Python, which differ: only ECMAScript counts U+FEFF.
[[nodiscard]] bool is_space_or_control(char32_t character);

/// Whether no character of the valid UTF-8 can be seen: all are white space or control characters.
[[nodiscard]] bool is_blank(std::string_view text);

}  // namespace orderflow
