#include "adapters/sqlite/orders/used_keys.h"

#include <algorithm>

#include "base/limits.h"

namespace orderflow::sqlite {
namespace {

constexpr std::int64_t kMsPerDay = 24 * 60 * 60 * 1'000;
/// A day of keys is kept until all of it is older than kIdempotencyWindow.
constexpr std::int64_t kDaysKept = kIdempotencyWindow / std::chrono::hours(24) + 1;
/// Long enough that slots are few, short enough that the keys of a slot fill few pages.
constexpr std::int64_t kMsPerSlot = 64;
/// Buckets from here on are slots; those of days are far below.
constexpr std::int64_t kFirstSlot = std::int64_t{1} << 24;
/// Every so many new keys, at most twice as many old ones are deleted.
constexpr std::int64_t kForgetEvery = 256;
/// How far the keys' time follows the clock from one key to the next: see UsedKeys.
constexpr std::chrono::minutes kStepMax{1};
/// A slot is kept for longer than kIdempotencyWindow, so that 60 jumps of the clock do no harm.
constexpr Duration kSlotKept = kIdempotencyWindow + 60 * kStepMax;

std::int64_t slot_of(Timestamp at) {
  return std::clamp(epoch_ms(at) / kMsPerSlot, kFirstSlot, KeyHints::kSlotMax);
}

std::int64_t day_of(Timestamp at) {
  return std::clamp(epoch_ms(at) / kMsPerDay, std::int64_t{0}, kFirstSlot - 1);
}

}  // namespace

UsedKeys::UsedKeys(SqliteConnection& db)
    : db_(db),
      find_(db.prepare("SELECT fingerprint, seq FROM idempotency WHERE bucket = ?1 AND key = ?2")),
      insert_(db.prepare("INSERT INTO idempotency (bucket, key, fingerprint, seq, "
                         "customer) VALUES (?1, ?2, ?3, ?4, ?5)")),
      forget_(db.prepare("DELETE FROM idempotency WHERE (bucket, key) IN (SELECT bucket, key FROM "
                         "idempotency WHERE bucket >= ?1 AND bucket < ?2 LIMIT ?3)")) {
  Statement above = db.prepare("SELECT min(bucket) FROM idempotency WHERE bucket > ?1");
  std::int64_t bucket = -1;
  const auto next = [&] {
    const ResetAtEnd reset(above);
    above.bind(1, bucket).step();
    if (!above.is_null(0)) bucket = above.integer(0);
    return !above.is_null(0) && bucket < kFirstSlot;
  };
  while (next()) days_.insert(bucket);
  Statement last = db.prepare("SELECT max(bucket) FROM idempotency");
  last.step();
  if (last.is_null(0)) return;
  // Where the newest key is in a day, the time goes on from that day's beginning: too early by less
  // than a day, and keys are kept that much longer.
  std::int64_t newest = days_.empty() ? 0 : *days_.begin() * kMsPerDay;
  if (last.integer(0) >= kFirstSlot) {
    newest = std::max(newest, std::min(last.integer(0), KeyHints::kSlotMax) * kMsPerSlot);
  }
  time_ = Timestamp(Duration(newest));
}

std::optional<UsedKeys::Use> UsedKeys::find(const Idempotency& idempotency) {
  for (const std::int64_t slot : hints().find(idempotency.key)) {
    if (const auto use = look_up(slot, idempotency)) return use;
  }
  for (const std::int64_t day : days_) {
    if (const auto use = look_up(day, idempotency)) return use;
  }
  return std::nullopt;
}

std::optional<UsedKeys::Use> UsedKeys::look_up(std::int64_t bucket,
                                               const Idempotency& idempotency) {
  const ResetAtEnd reset(find_);
  if (!find_.bind(1, bucket).bind_blob(2, idempotency.key).step()) return std::nullopt;
  return Use{find_.integer(1), std::ranges::equal(find_.blob(0), idempotency.fingerprint)};
}

Timestamp UsedKeys::advance(std::optional<Timestamp> at) {
  if (!time_) time_ = at.value_or(Timestamp());
  if (!at) return *time_;
  const Duration step = *at - last_at_.value_or(*at);
  // An order that was created before another one may be stored after it. That is no clock set back.
  if (step < Duration::zero() && step > -kStepMax) return *time_;
  last_at_ = at;
  return *time_ += std::clamp<Duration>(step, Duration::zero(), kStepMax);
}

void UsedKeys::insert(const Idempotency& idempotency, std::optional<Timestamp> at, std::int64_t seq,
                      std::int64_t customer) {
  const Timestamp now = advance(at);
  const std::int64_t today = day_of(now);
  const std::int64_t oldest_slot = slot_of(now - kSlotKept);
  std::int64_t bucket = slot_of(now);
  if (!hints().add(idempotency.key, bucket, oldest_slot)) {
    bucket = today;
    days_.insert(today);
  }
  insert_.bind(1, bucket).bind_blob(2, idempotency.key);
  insert_.bind_blob(3, idempotency.fingerprint).bind(4, seq).bind(5, customer).run();
  if (++inserted_ % kForgetEvery != 0) return;
  days_.erase(days_.upper_bound(today - kDaysKept), days_.end());
  forget(0, today - kDaysKept);
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
