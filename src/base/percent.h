#pragma once

#include <string>
#include <string_view>

namespace orderflow {

/// Appends `text` with a percent escape for each byte that is neither unreserved (RFC 3986, 2.3:
/// letters, digits, "-._~") nor among the characters of `keep`.
void append_percent_encoded(std::string& out, std::string_view text, std::string_view keep = "");

/// Appends `text` with its percent escapes decoded; '+' stands for itself. False, with `out` in
/// part written, where a '%' is not followed by two hex digits.
[[nodiscard]] bool append_percent_decoded(std::string& out, std::string_view text);

}  // namespace orderflow
