#include "adapters/sqlite/engine/schema.h"

#include <sqlite3.h>

namespace orderflow::sqlite {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE bodies (
  seq INTEGER PRIMARY KEY,
  tail INTEGER,
  bucket INTEGER NOT NULL,
  customer INTEGER NOT NULL,
  body TEXT NOT NULL
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
  state TEXT NOT NULL,
  tail INTEGER,
  body TEXT
);
CREATE INDEX orders_listed ON orders (listed) WHERE listed IS NOT NULL;

CREATE TABLE idempotency (
  day INTEGER NOT NULL,
  key BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (day, key)
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

constexpr const char* kAddCopies = R"(
ALTER TABLE orders ADD COLUMN tail INTEGER;
ALTER TABLE orders ADD COLUMN body TEXT;
)";

}  // namespace

std::int64_t schema_version(Connection& db) {
  Statement statement = db.prepare("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

void migrate(Connection& db) {
  db.execute("BEGIN IMMEDIATE");
  const std::int64_t version = schema_version(db);
  if (version > kSchemaVersion) {
    db.roll_back();
    throw Failure(SQLITE_MISMATCH, "the data was written by a newer orderflow (schema " +
                                       std::to_string(version) + ", this one knows " +
                                       std::to_string(kSchemaVersion) + ")");
  }
  if (version < 1) {
    db.execute(kTables);
  } else if (version < kSchemaVersionOfCopies) {
    db.execute(kAddCopies);
  }
  if (version < kSchemaVersion) {
    db.execute(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
  }
  db.execute("COMMIT");
}

}  // namespace orderflow::sqlite
