#include "adapters/sqlite/orders/used_keys.h"

#include <algorithm>

#include "base/limits.h"

namespace orderflow::sqlite {
namespace {

constexpr std::int64_t kMsPerDay = 24 * 60 * 60 * 1'000;
constexpr std::int64_t kHonouredDays = kIdempotencyWindow / std::chrono::hours(24);
/// Long enough that slots are few, short enough that the keys of a slot fill few pages.
constexpr std::int64_t kMsPerSlot = 64;
/// Buckets from here on are slots; those of days are far below.
constexpr std::int64_t kFirstSlot = std::int64_t{1} << 24;
/// Every so many new keys, at most twice as many old ones are deleted.
constexpr std::int64_t kForgetEvery = 256;

std::int64_t slot_of(Timestamp at) {
  return std::clamp(epoch_ms(at) / kMsPerSlot, kFirstSlot, KeyHints::kSlotMax);
}

}  // namespace

UsedKeys::UsedKeys(SqliteConnection& db)
    : db_(db),
      find_(db.prepare("SELECT fingerprint, seq FROM idempotency WHERE bucket = ?1 AND key = ?2")),
      insert_(db.prepare("INSERT INTO idempotency (bucket, key, fingerprint, seq) "
                         "VALUES (?1, ?2, ?3, ?4)")),
      forget_(db.prepare("DELETE FROM idempotency WHERE (bucket, key) IN (SELECT bucket, key FROM "
                         "idempotency WHERE bucket >= ?1 AND bucket < ?2 LIMIT ?3)")) {
  Statement days = db.prepare(
      "SELECT (SELECT min(bucket) FROM idempotency), "
      "(SELECT max(bucket) FROM idempotency WHERE bucket < ?1)");
  days.bind(1, kFirstSlot).step();
  if (!days.is_null(1)) days_ = {days.integer(0), days.integer(1)};
}

std::int64_t UsedKeys::day_of(Timestamp at) { return epoch_ms(at) / kMsPerDay; }

bool UsedKeys::may_be_in(std::int64_t bucket, Timestamp at) {
  return bucket == slot_of(at) || bucket == day_of(at);
}

std::optional<UsedKeys::Use> UsedKeys::find(const Idempotency& idempotency, Timestamp at) {
  for (const std::int64_t slot : hints().find(idempotency.key)) {
    if (const auto use = look_up(slot, idempotency)) return use;
  }
  // Later days too: the clock may have been set back since they were written.
  const std::int64_t newest = std::min(day_of(at) + kHonouredDays, days_.newest);
  const std::int64_t oldest = std::max(day_of(at) - kHonouredDays, days_.oldest);
  for (std::int64_t day = newest; day >= oldest; --day) {
    if (const auto use = look_up(day, idempotency)) return use;
  }
  return std::nullopt;
}

std::optional<UsedKeys::Use> UsedKeys::find(const Idempotency& idempotency) {
  return find(idempotency, Timestamp(Duration(days_.newest * kMsPerDay)));
}

std::optional<UsedKeys::Use> UsedKeys::look_up(std::int64_t bucket,
                                               const Idempotency& idempotency) {
  const ResetAtEnd reset(find_);
  if (!find_.bind(1, bucket).bind_blob(2, idempotency.key).step()) return std::nullopt;
  return Use{find_.integer(1), std::ranges::equal(find_.blob(0), idempotency.fingerprint)};
}

void UsedKeys::insert(const Idempotency& idempotency, Timestamp at, std::int64_t seq) {
  const std::int64_t today = day_of(at);
  const std::int64_t oldest_slot = slot_of(at - kIdempotencyWindow);
  std::int64_t bucket = slot_of(at);
  if (!hints().add(idempotency.key, bucket, oldest_slot)) {
    bucket = today;
    days_ = {std::min(days_.oldest, today), std::max(days_.newest, today)};
  }
  insert_.bind(1, bucket).bind_blob(2, idempotency.key);
  insert_.bind_blob(3, idempotency.fingerprint).bind(4, seq).run();
  if (++inserted_ % kForgetEvery != 0) return;
  forget(0, today - kHonouredDays);
  forget(kFirstSlot, oldest_slot);
}

void UsedKeys::forget(std::int64_t from, std::int64_t before) {
  forget_.bind(1, from).bind(2, before).bind(3, 2 * kForgetEvery).run();
}

KeyHints& UsedKeys::hints() {
  if (hints_) return *hints_;
  KeyHints hints;
  // The newest first: those for which there is no room are the oldest.
  Statement rows = db_.prepare(
      "SELECT bucket, key FROM idempotency WHERE bucket BETWEEN ?1 AND ?2 "
      "ORDER BY bucket DESC");
  rows.bind(1, kFirstSlot).bind(2, KeyHints::kSlotMax);
  while (rows.step()) {
    KeyHints::Key key{};
    if (rows.blob(1).size() == key.size()) std::ranges::copy(rows.blob(1), key.begin());
    if (!hints.add(key, rows.integer(0), kFirstSlot)) break;
  }
  return hints_.emplace(std::move(hints));
}

}  // namespace orderflow::sqlite
