#pragma once

#include <string_view>
#include <vector>

// Headers whose value is a list (RFC 9110, 5.6.1).
namespace orderflow {

/// The elements without the white space around them. Empty ones are left out; a comma within quotes
/// separates nothing.
[[nodiscard]] std::vector<std::string_view> list_elements(std::string_view list);

/// Whether the list has no element but this one, in any case. An empty list has none.
[[nodiscard]] bool lists_only(std::string_view list, std::string_view element);

}  // namespace orderflow
