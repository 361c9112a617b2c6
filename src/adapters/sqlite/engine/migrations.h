#pragma once

#include <cstdint>
#include <span>

#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sqlite {

/// SQL that brings a database from one version of its schema to the next.
using Migration = const char*;

/// Brings the database to the newest version: migrations[n] makes version n + 1 of version n. All
/// of them run in one transaction. Throws SqliteError, Corrupt, where a newer orderflow wrote the
/// database, and leaves it as it was.
void migrate(SqliteConnection& db, std::span<const Migration> migrations);

}  // namespace orderflow::sqlite
