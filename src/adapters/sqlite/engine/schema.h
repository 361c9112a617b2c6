#pragma once

#include "adapters/sqlite/engine/connection.h"

namespace orderflow::sqlite {

// The database file of a shop, `<data>/orderflow.db`:
//
// - bodies: what was asked for, written once. `seq` is the first 60 bits of the UUIDv7 without its
//   version (decision 3), `tail` its last 64, NULL for an id of another version, which stands in
//   id_alias. `bucket` counts up every 65,536 orders, `customer` is a hash of the e-mail: the index
//   on both stays small and near its end, where one on the customer alone would dirty a random page
//   for each order. Listing probes the buckets.
//   Body and state are packed (order_codec.h); rows of schema 1 have JSON there. TEXT, as their
//   columns are declared for that, leaves blobs as they are.
// - orders: where it stands, the small row that each commit replaces. `listed` says in which of the
//   short lists it is (1 open, 2 parked, 10 + status at an end other than SHIPPED), NULL for
//   SHIPPED, and is the only indexed column: it changes twice in an order's life. `tail` and `body`
//   are copies of those in bodies, made when the order comes to its end, so that from then on a
//   look-up reads one row and one page (decision 24). NULL before that, and where the end came
//   before schema 3.
// - idempotency: used keys, those of a moment together, so that a new one lands among few: see
//   used_keys.h. `day` is the day or, where it is above 2^24, the count of 64 ms since 1970.
// - products, stock_ledger: the catalogue with its stock, and what was received or written off.
// - order_counts: orders by status, and under kParkedCount those parked; kept by each group.

// Schema 2 has the tables of schema 1: its number keeps programs away that can not read its rows.
// Schema 3 added the copies.

inline constexpr int kSchemaVersion = 3;
/// The oldest that is read as it is, without migrate().
inline constexpr int kSchemaVersionRead = 1;
inline constexpr int kSchemaVersionOfCopies = 3;
inline constexpr std::int64_t kOrdersPerBucket = 65'536;
inline constexpr int kListedOpen = 1;
inline constexpr int kListedParked = 2;
inline constexpr int kListedEnded = 10;
inline constexpr int kParkedCount = 100;

/// 0 in an empty database.
[[nodiscard]] std::int64_t schema_version(Connection& db);
/// Brings the database to kSchemaVersion. Throws Failure where it is of a newer version.
void migrate(Connection& db);

}  // namespace orderflow::sqlite
