#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orderflow {

/// RFC 4648, section 4: the standard alphabet, with padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// nullopt where `text` is anything else, white space included.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace orderflow
