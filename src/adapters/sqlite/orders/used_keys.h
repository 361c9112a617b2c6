#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "adapters/sqlite/engine/connection.h"
#include "adapters/sqlite/orders/key_hints.h"
#include "ports/order_store.h"

namespace orderflow::sqlite {

/// The idempotency table, for the thread that writes. Keys are random, so an index on them alone
/// would dirty a page for each order. Here a new key goes into the slot of its moment, near the end
/// of the table, and what is in memory says in which slot an old one may be. Beyond some three
/// million keys in kIdempotencyWindow that memory is full: then keys go into the bucket of their
/// day, where they can be found without it, at a third of the speed. The first use after the start
/// reads all keys: about 0.3 s a million. Throws Failure.
class UsedKeys {
 public:
  explicit UsedKeys(Connection& db);

  struct Use {
    std::int64_t seq = 0;  ///< the order that has the key
    bool same_request = false;
  };
  /// Who has the key at that moment, or has had it not much longer than kIdempotencyWindow before.
  std::optional<Use> find(const Idempotency& idempotency, Timestamp at);
  /// As of the newest day that a key was used on.
  std::optional<Use> find(const Idempotency& idempotency);
  /// Only for a key that find() does not find. Now and then deletes a few that are old.
  void insert(const Idempotency& idempotency, Timestamp at, std::int64_t seq);

 private:
  KeyHints& hints();
  std::optional<Use> look_up(std::int64_t bucket, const Idempotency& idempotency);
  void forget(std::int64_t from, std::int64_t before);

  Connection& db_;
  Statement find_;
  Statement insert_;
  Statement forget_;
  std::optional<KeyHints> hints_;
  /// The days that have a bucket: no need to look into others.
  struct {
    std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
    std::int64_t newest = 0;
  } days_;
  std::int64_t inserted_ = 0;
};

}  // namespace orderflow::sqlite
