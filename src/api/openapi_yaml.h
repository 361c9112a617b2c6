#pragma once

#include <string_view>

namespace orderflow {

/// docs/openapi.yaml as it was when this was built.
extern const std::string_view kOpenapiYaml;

}  // namespace orderflow
