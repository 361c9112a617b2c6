#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What the texts of orders and products may be: the rules of the API, which imports and audit share.
namespace orderflow {

/// Whether a text may be empty, or only white space and control characters.
enum class Blank { Allowed, Refused };

/// What is wrong with the text, as "must not be blank"; empty where it is right. Its length is counted
/// in code points of Unicode, as the contract does. It must be UTF-8 without U+0000, where C interfaces
/// would cut it off.
[[nodiscard]] std::string text_problem(std::string_view text, std::size_t characters_max,
                                       Blank blank);

// The rules beyond that. The text is UTF-8.

/// Local part, one @, domain (RFC 5321, 4.1.2), without characters that would be unsafe in a header.
/// Whether the address exists is not checked.
[[nodiscard]] bool is_plausible_email(std::string_view text);
/// Printable ASCII without spaces.
[[nodiscard]] bool is_token(std::string_view text);
/// Two capital letters, as in ISO 3166-1.
[[nodiscard]] bool is_country_code(std::string_view text);
/// "." and "..": clients and proxies take such a segment out of a path, so that no request could
/// name the product.
[[nodiscard]] bool is_dot_segment(std::string_view sku);

}  // namespace orderflow
