#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orderflow::lambda {

/// The bytes that a text in base64 stands for (RFC 4648, section 4, with its padding). nullopt
/// where it is cut off or holds anything else, line ends included.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace orderflow::lambda
