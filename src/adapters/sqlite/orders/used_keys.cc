#include "adapters/sqlite/orders/used_keys.h"

#include <algorithm>

#include "base/limits.h"

namespace orderflow::sqlite {
namespace {

constexpr std::int64_t kMsPerDay = 24 * 60 * 60 * 1'000;
constexpr std::int64_t kHonouredDays = kIdempotencyWindow / std::chrono::hours(24);
/// Long enough for the slots of keys to be few, short enough for a slot to be few pages.
constexpr std::int64_t kMsPerSlot = 64;
/// The column `day` holds both: numbers from here on are slots, the day is far below.
constexpr std::int64_t kFirstSlot = std::int64_t{1} << 24;
/// Every so many keys a few of those that need not be honoured any longer are deleted.
constexpr std::int64_t kForgetEvery = 256;

std::int64_t day_of(Timestamp at) { return at.time_since_epoch().count() / kMsPerDay; }

std::int64_t slot_of(Timestamp at) {
  return std::clamp(at.time_since_epoch().count() / kMsPerSlot, kFirstSlot, KeyHints::kSlotMax);
}

}  // namespace

UsedKeys::UsedKeys(Connection& db)
    : db_(db),
      find_(db.prepare("SELECT fingerprint, seq FROM idempotency WHERE day = ?1 AND key = ?2")),
      insert_(db.prepare("INSERT INTO idempotency (day, key, fingerprint, seq) "
                         "VALUES (?1, ?2, ?3, ?4)")),
      forget_(db.prepare("DELETE FROM idempotency WHERE (day, key) IN (SELECT day, key FROM "
                         "idempotency WHERE day >= ?1 AND day < ?2 LIMIT ?3)")) {
  Statement days = db.prepare(
      "SELECT (SELECT min(day) FROM idempotency), (SELECT max(day) FROM idempotency WHERE day < "
      "?1)");
  days.bind(1, kFirstSlot).step();
  if (!days.is_null(1)) days_ = {days.integer(0), days.integer(1)};
}

std::optional<UsedKeys::Use> UsedKeys::find(const Idempotency& idempotency, Timestamp at) {
  for (const std::int64_t slot : hints().find(idempotency.key)) {
    if (const auto use = look_up(slot, idempotency)) return use;
  }
  // Later days too: a clock that was set back does not hide what it wrote before.
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
  // The newest first: those for which there is no room are too old.
  Statement rows =
      db_.prepare("SELECT day, key FROM idempotency WHERE day >= ?1 ORDER BY day DESC");
  rows.bind(1, kFirstSlot);
  while (rows.step()) {
    KeyHints::Key key{};
    if (rows.blob(1).size() == key.size()) std::ranges::copy(rows.blob(1), key.begin());
    if (!hints.add(key, rows.integer(0), kFirstSlot)) break;
  }
  return hints_.emplace(std::move(hints));
}

}  // namespace orderflow::sqlite
