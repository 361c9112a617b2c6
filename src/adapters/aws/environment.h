#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace orderflow {

/// A variable of the environment; an empty one counts as not set, as in the SDKs.
[[nodiscard]] inline std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace orderflow
