#pragma once

#include <cstddef>
#include <string_view>

namespace orderflow {

/// How many bytes the character at the front of `text` has (RFC 3629, section 4); 0 where it is
/// malformed: a lone continuation, overlong, a surrogate, beyond U+10FFFF, or cut off.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace orderflow
