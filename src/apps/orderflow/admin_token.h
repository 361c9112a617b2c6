#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace orderflow {

/// The token that admin routes ask for: ORDERFLOW_ADMIN_TOKEN where it is set, else the line in
/// `<data>/admin-token`, which is made from 32 random bytes with mode 0600 where there is no file of
/// this name. An error where there is one that cannot be read, or that other users can read.
[[nodiscard]] Result<std::string> admin_token(const std::filesystem::path& data);

/// The token, if it is long enough and has only characters that a header may have; otherwise
/// InvalidInput whose detail begins with `where`.
[[nodiscard]] Result<std::string> checked_admin_token(std::string token, const std::string& where);

}  // namespace orderflow
