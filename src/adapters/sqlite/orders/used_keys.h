#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>

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
/// That time is the keys' own, so that no wrong clock makes them old. It goes on from the newest
/// stored key and follows the clock from one new key to the next, by a minute at most: a clock that
/// jumps ahead by days, or back, moves it by a minute. Where keys come less than once a minute, they
/// are kept for longer than kIdempotencyWindow.
///
/// The first use after the start reads all keys in slots into KeyHints: about 0.3 s a million.
class UsedKeys {
 public:
  explicit UsedKeys(SqliteConnection& db);

  struct Use {
    std::int64_t seq = 0;  ///< the order that has the key
    bool same_request = false;
  };
  /// The use of the key. It also finds uses that are a little older than kIdempotencyWindow.
  std::optional<Use> find(const Idempotency& idempotency);
  /// For a key that find() does not find, used at `at` by the clock. Without `at` the keys' time
  /// stands still. Every 256th call deletes some old keys.
  /// `customer` is that of the order, as in the row of its body: the audit sees by it that the key leads
  /// to the right order.
  void insert(const Idempotency& idempotency, std::optional<Timestamp> at, std::int64_t seq,
              std::int64_t customer);

 private:
  KeyHints& hints();
  std::optional<Use> look_up(std::int64_t bucket, const Idempotency& idempotency);
  /// The keys' time at `at`.
  Timestamp advance(std::optional<Timestamp> at);
  void forget(std::int64_t from, std::int64_t before);

  SqliteConnection& db_;
  Statement find_;
  Statement insert_;
  Statement forget_;
  std::optional<KeyHints> hints_;
  std::set<std::int64_t, std::greater<>> days_;  ///< those that have a bucket
  std::optional<Timestamp> time_;                ///< the keys' time; none before the first key
  std::optional<Timestamp> last_at_;             ///< of the clock, when `time_` was moved last
  std::int64_t inserted_ = 0;
};

}  // namespace orderflow::sqlite
