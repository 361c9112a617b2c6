#include "adapters/sqlite/engine/migrations.h"

#include <sqlite3.h>

#include <string>

namespace orderflow::sqlite {

void migrate(SqliteConnection& db, std::span<const Migration> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  db.execute("BEGIN IMMEDIATE");
  try {
    const std::int64_t version = db.user_version();
    if (version > newest) {
      throw SqliteError(SQLITE_MISMATCH, db.file() + " was written by a newer orderflow (schema " +
                                             std::to_string(version) + ", this one knows " +
                                             std::to_string(newest) + ")");
    }
    for (std::int64_t next = version; next < newest; ++next) {
      db.execute(migrations[static_cast<std::size_t>(next)]);
    }
    // Nothing is written where there is nothing to do: a shop on a full disk can still be read.
    if (version < newest) db.set_user_version(newest);
    db.execute("COMMIT");
  } catch (const SqliteError&) {
    db.roll_back();
    throw;
  }
}

}  // namespace orderflow::sqlite
