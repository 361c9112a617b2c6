#pragma once

#include <filesystem>
#include <memory>

#include "ports/shop_archive.h"

namespace orderflow::sqlite {

/// The shop in a data folder, and the books of its sandbox, in one read transaction on each file.
/// The service may run; as long as the archive lives, its write-ahead logs cannot be given back. A
/// shop at rest can be read without the right to write its folder, as on a read-only mount; it is not
/// served meanwhile.
///
/// NotFound where the folder holds no shop, Corrupt where it is of another version, Unavailable
/// where the files cannot be read, or change too fast to find one moment of both.
[[nodiscard]] Result<std::unique_ptr<ShopArchive>> open_shop_archive(
    const std::filesystem::path& data);

}  // namespace orderflow::sqlite
