#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace orderflow {

/// The token that admin routes ask for: ORDERFLOW_ADMIN_TOKEN where it is set, else the line in
/// `<data>/admin-token`, which is made on first start from 32 random bytes with mode 0600.
[[nodiscard]] Result<std::string> admin_token(const std::filesystem::path& data);

}  // namespace orderflow
