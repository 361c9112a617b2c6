#pragma once

#include <cstdint>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "ports/shop_archive.h"

namespace orderflow::sqlite {

// ShopArchive::check_files() of each database file: SQLite's own check of pages and indexes; the schema
// compared with what the migrations make in an empty database; and columns of a kind or size that is
// never written. They return how many tables, indexes and the like there should be. They read the whole
// file, and take memory for a bit a page. Throw SqliteError where the file cannot be read.
[[nodiscard]] std::int64_t check_shop_file(SqliteConnection& db, const ShopArchive::Report& report);
[[nodiscard]] std::int64_t check_books_file(SqliteConnection& db,
                                            const ShopArchive::Report& report);

}  // namespace orderflow::sqlite
