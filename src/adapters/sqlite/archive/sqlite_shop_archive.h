#pragma once

#include <filesystem>
#include <memory>

#include "ports/shop_archive.h"

namespace orderflow::sqlite {

/// The shop in a data folder, and the books of its sandbox, in one read transaction on each file.
/// The service may run; as long as the archive lives, its write-ahead logs cannot be given back.
///
/// NotFound where the folder holds no shop, Corrupt where it is of another version, Unavailable
/// where it changes too fast to find one moment of both files.
[[nodiscard]] Result<std::unique_ptr<ShopArchive>> open_shop_archive(
    const std::filesystem::path& data);

}  // namespace orderflow::sqlite
