#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "adapters/sqlite/orders/key_hints.h"
#include "ports/order_store.h"

namespace orderflow::sqlite {

/// The rows of the idempotency table (decision 11). Used on the writer's thread only. Throws
/// SqliteError.
///
/// Keys are random: in an index on the key alone, each order would dirty a page at a random place.
/// So a row is found by bucket and key, and there are two kinds of buckets:
///
///   slots, from 2^24 on   the time in units of 64 ms. A new key goes into the slot of its moment,
///                         near the end of the table; KeyHints tells in memory which slot an old
///                         key is in.
///   days, below 2^24      the time in days. They take the keys for which KeyHints has no room,
///                         beyond about three million in kIdempotencyWindow. To find such a key,
///                         each day that has a bucket is searched: a third of the speed.
///
/// The first use after the start reads all keys in slots into KeyHints: about 0.3 s a million.
class UsedKeys {
 public:
  /// The bucket of the time's day.
  static std::int64_t day_of(Timestamp at);
  /// Whether the key of an order that was created at that time may be in this bucket.
  static bool may_be_in(std::int64_t bucket, Timestamp at);

  explicit UsedKeys(SqliteConnection& db);

  struct Use {
    std::int64_t seq = 0;  ///< the order that has the key
    bool same_request = false;
  };
  /// The use of the key at that time. It also finds uses that are a little older than
  /// kIdempotencyWindow.
  std::optional<Use> find(const Idempotency& idempotency, Timestamp at);
  /// The same as of the newest day on which a key was used.
  std::optional<Use> find(const Idempotency& idempotency);
  /// For a key that find() does not find. Every 256th call deletes some old keys.
  void insert(const Idempotency& idempotency, Timestamp at, std::int64_t seq);

 private:
  KeyHints& hints();
  std::optional<Use> look_up(std::int64_t bucket, const Idempotency& idempotency);
  void forget(std::int64_t from, std::int64_t before);

  SqliteConnection& db_;
  Statement find_;
  Statement insert_;
  Statement forget_;
  std::optional<KeyHints> hints_;
  /// The range of days that have a bucket.
  struct {
    std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
    std::int64_t newest = 0;
  } days_;
  std::int64_t inserted_ = 0;
};

}  // namespace orderflow::sqlite
