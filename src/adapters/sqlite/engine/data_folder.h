#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"

// The data folder of a shop:
//
//   orderflow.db, -wal, -shm    the shop (schema.h)
//   simulated.db, -wal, -shm    the books of the sandbox (book_rows.h)
//   orderflow.lock              empty; see FolderLock
//   admin-token                 of the HTTP API, unless the environment has it
namespace orderflow::sqlite {

inline constexpr std::string_view kShopFile = "orderflow.db";
inline constexpr std::string_view kBooksFile = "simulated.db";

/// Makes the folder, and those above it that are missing, with mode 0700; one that is there stays as
/// it is. Unavailable where it cannot be made.
[[nodiscard]] Result<void> make_data_folder(const std::filesystem::path& folder);

/// Makes new files in the folder durable: their names are part of the folder.
void sync_folder(const std::filesystem::path& folder);

/// False where there is no such file, or it is empty. Where that cannot be known the answer is true:
/// to open the file then says what is wrong.
[[nodiscard]] bool has_content(const std::filesystem::path& file);

/// The bytes of the write-ahead logs of the folder's databases.
[[nodiscard]] std::uintmax_t write_ahead_log_bytes(const std::filesystem::path& folder);

/// Whether `file`, through links, is one of the folder's own files or would become one. What writes
/// a log or an export must not write there.
[[nodiscard]] bool belongs_to_shop(const std::filesystem::path& folder,
                                   const std::filesystem::path& file);

}  // namespace orderflow::sqlite
