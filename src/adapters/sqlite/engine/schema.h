#pragma once

#include <filesystem>

#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sqlite {

// The database file of a shop, `<data>/orderflow.db`. The SQL is in schema.cc.
//
// bodies: what the customer asked for. One row an order, written once.
//   seq       the row number: the time of creation (decision 3), and for nearly all orders the first 60
//             bits of the UUIDv7 without its version
//   tail      the last 64 bits of that UUID; NULL where the id does not name the row and is in id_alias
//   bucket    the number of orders stored before this one, divided by 65,536
//   customer  a hash of customer_key(e-mail). The index on (bucket, customer) stays small and new entries
//             go near its end; an index on the customer alone would dirty a page at a random
//             place for each order. A list by customer looks into each bucket.
//   body      packed, see order_codec.h
//
// orders: the current state. One row an order; each commit replaces it.
//   seq       as in bodies
//   version, status, due_at   copies of what is in `state`, for SQL
//   listed    which of the short lists the order is in: 1 open, 2 parked, 10 + status where it has
//             ended; NULL for SHIPPED, by far the most. It is the only indexed column, because it
//             changes only twice in the life of an order.
//   state     packed, see order_codec.h
//   tail, body  copies of those in bodies, made by the commit that ends the order, so that from
//             then on a look-up reads one row of one page (decision 24); NULL before
//
// id_alias: the ids that do not name their rows: of other versions than 7 or another time, which an
// import can bring, or of a millisecond that came twice, since the clock was set back.
//
// idempotency: the keys in use, those of one moment next to each other.
//   bucket    the time in units of 64 ms, or, below 2^24, in days: see used_keys.h
//   seq       the order that the key created
//
// products, stock_ledger: the catalogue with its stock, and what was received or written off.
//   key       AdjustmentKey of an adjustment that was made under an Idempotency-Key, else NULL
//
// order_counts: how many orders have each status, and in row kParkedCount how many are parked. The
// writer adds to them once a group: see OrderWriter::end_group().

inline constexpr int kSchemaVersion = 3;
inline constexpr std::int64_t kOrdersPerBucket = 65'536;
inline constexpr int kListedOpen = 1;
inline constexpr int kListedParked = 2;
inline constexpr int kListedEnded = 10;
inline constexpr int kParkedCount = 100;

/// Makes the tables in an empty database, or brings those of an older version up to date. Throws
/// SqliteError, Corrupt, where a newer orderflow wrote the database.
void migrate_shop(SqliteConnection& db);

/// Opens the folder's orderflow.db to write, and makes it where the folder has no shop. Throws
/// SqliteError, Corrupt, where it is missing or empty and other files of a shop are there: a new
/// shop beside them would look as if all orders were gone.
[[nodiscard]] SqliteConnection open_shop_file(const std::filesystem::path& folder,
                                              const OpenOptions& options);

}  // namespace orderflow::sqlite
