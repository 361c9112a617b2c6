#pragma once

#include <filesystem>
#include <memory>

#include "ports/shop_archive.h"

namespace orderflow::sqlite {

/// An import into the shop of a data folder. Makes the folder and an empty shop where there are
/// none. Unavailable where the shop is served.
[[nodiscard]] Result<std::unique_ptr<ShopImport>> open_shop_import(
    const std::filesystem::path& data);

}  // namespace orderflow::sqlite
