#pragma once

#include <cstddef>
#include <string_view>

#include "base/check.h"

namespace orderflow {

/// The name of an enumerator; `names` has one for each, in their order.
template <typename Enum, std::size_t N>
[[nodiscard]] std::string_view name_of(Enum value, const std::string_view (&names)[N]) {
  if (static_cast<std::size_t>(value) >= N) UNREACHABLE(value);
  return names[static_cast<std::size_t>(value)];
}

}  // namespace orderflow
