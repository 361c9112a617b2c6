#include "adapters/sqlite/engine/migrations.h"

#include <sqlite3.h>

#include <string>

namespace orderflow::sqlite {

std::int64_t schema_version(SqliteConnection& db) {
  Statement statement = db.prepare("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

void migrate(SqliteConnection& db, std::span<const Migration> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  db.execute("BEGIN IMMEDIATE");
  try {
    const std::int64_t version = schema_version(db);
    if (version > newest) {
      throw SqliteError(SQLITE_MISMATCH, "the data was written by a newer orderflow (schema " +
                                             std::to_string(version) + ", this one knows " +
                                             std::to_string(newest) + ")");
    }
    for (std::int64_t next = version; next < newest; ++next) {
      db.execute(migrations[static_cast<std::size_t>(next)]);
    }
    db.execute(("PRAGMA user_version = " + std::to_string(newest)).c_str());
    db.execute("COMMIT");
  } catch (const SqliteError&) {
    db.roll_back();
    throw;
  }
}

}  // namespace orderflow::sqlite
