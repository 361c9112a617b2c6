#include "adapters/sqlite/engine/schema.h"

#include <sqlite3.h>

#include <array>
#include <string>

#include "adapters/sqlite/engine/data_folder.h"
#include "adapters/sqlite/engine/migrations.h"

namespace orderflow::sqlite {
namespace {

constexpr Migration kTables = R"(
CREATE TABLE bodies (
  seq INTEGER PRIMARY KEY,
  tail INTEGER,
  bucket INTEGER NOT NULL,
  customer INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX bodies_by_customer ON bodies (bucket, customer);

CREATE TABLE id_alias (
  id BLOB PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE orders (
  seq INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  status INTEGER NOT NULL,
  listed INTEGER,
  due_at INTEGER,
  state BLOB NOT NULL,
  tail INTEGER,
  body BLOB
);
CREATE INDEX orders_listed ON orders (listed) WHERE listed IS NOT NULL;

CREATE TABLE idempotency (
  bucket INTEGER NOT NULL,
  key BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  price INTEGER NOT NULL,
  currency TEXT NOT NULL,
  available INTEGER NOT NULL CHECK (available >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  shipped INTEGER NOT NULL CHECK (shipped >= 0),
  received INTEGER NOT NULL CHECK (available + reserved + shipped = received)
) WITHOUT ROWID;

CREATE TABLE stock_ledger (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL,
  at INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  reason TEXT NOT NULL
);

CREATE TABLE order_counts (
  status INTEGER PRIMARY KEY,
  n INTEGER NOT NULL
);
)";

constexpr Migration kAdjustmentKeys = R"(
ALTER TABLE stock_ledger ADD COLUMN key BLOB;
CREATE UNIQUE INDEX stock_ledger_by_key ON stock_ledger (key) WHERE key IS NOT NULL;
)";

/// NULL in the rows from before.
constexpr Migration kCustomersOfKeys = R"(
ALTER TABLE idempotency ADD COLUMN customer INTEGER;
)";

/// To change the schema, append a migration and count kSchemaVersion up. A migration that has been
/// released is never changed.
constexpr std::array<Migration, kSchemaVersion> kMigrations = {kTables, kAdjustmentKeys,
                                                               kCustomersOfKeys};

/// Throws where one of these files has content although the shop has none. The service makes the
/// shop's tables, durably, before it makes the sandbox's books.
void refuse_lost_shop(const std::filesystem::path& folder, std::string_view what,
                      std::initializer_list<std::string_view> others) {
  for (const std::string_view other : others) {
    const auto left = folder / other;
    if (!has_content(left)) continue;
    throw SqliteError(SQLITE_CORRUPT,
                      (folder / kShopFile).string() + std::string(what) + ", but " + left.string() +
                          " is there. Restore the shop's files from a backup; or, to begin a new "
                          "shop, move the old one's files out of " +
                          folder.string() + " or choose another folder with --data");
  }
}

}  // namespace

void migrate_shop(SqliteConnection& db) { migrate(db, kMigrations); }

SqliteConnection open_shop_file(const std::filesystem::path& folder, const OpenOptions& options) {
  const auto file = folder / kShopFile;
  // Before SQLite opens it: it deletes the log of an empty file.
  if (!has_content(file)) {
    refuse_lost_shop(folder, " is missing or empty", {"orderflow.db-wal", kBooksFile});
  }
  SqliteConnection db(file, options);
  if (db.user_version() == 0) refuse_lost_shop(folder, " holds no shop", {kBooksFile});
  return db;
}

}  // namespace orderflow::sqlite
