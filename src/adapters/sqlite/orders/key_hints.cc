#include "adapters/sqlite/orders/key_hints.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/big_endian.h"
#include "base/check.h"

namespace orderflow::sqlite {
namespace {

constexpr int kSlotBits = 36;
constexpr std::size_t kEntriesMin = 1'024;
constexpr std::size_t kEntriesMax = std::size_t{1} << 22;
/// While the table is full, it is searched for old hints only every so many slots: 53 minutes.
constexpr std::int64_t kSlotsBetweenTries = 50'000;

std::uint64_t tag_of(const KeyHints::Key& key) {
  return load_big_endian(std::span(key).first<8>()) >> kSlotBits << kSlotBits;
}

std::int64_t slot_of(std::uint64_t entry) {
  return static_cast<std::int64_t>(entry & ((std::uint64_t{1} << kSlotBits) - 1));
}

}  // namespace

bool KeyHints::add(const Key& key, std::int64_t slot, std::int64_t oldest) {
  CHECK(slot > 0 && slot <= kSlotMax);
  if (used_ >= entries_.size() / 4 * 3) make_room(slot, oldest);
  if (used_ >= entries_.size() / 4 * 3) return false;
  put(tag_of(key) | static_cast<std::uint64_t>(slot));
  ++used_;
  return true;
}

std::vector<std::int64_t> KeyHints::find(const Key& key) const {
  std::vector<std::int64_t> slots;
  if (entries_.empty()) return slots;
  const std::uint64_t tag = tag_of(key);
  for (std::size_t at = home(tag); entries_[at] != 0; at = after(at)) {
    if (entries_[at] >> kSlotBits == tag >> kSlotBits) slots.push_back(slot_of(entries_[at]));
  }
  return slots;
}

void KeyHints::make_room(std::int64_t slot, std::int64_t oldest) {
  if (entries_.size() == kEntriesMax && slot < next_try_) return;
  next_try_ = slot + kSlotsBetweenTries;
  const auto alive = [oldest](std::uint64_t entry) {
    return entry != 0 && slot_of(entry) >= oldest;
  };
  used_ = static_cast<std::size_t>(std::ranges::count_if(entries_, alive));
  const std::size_t size = std::clamp(std::bit_ceil(2 * used_ + 1), kEntriesMin, kEntriesMax);
  const auto before = std::exchange(entries_, std::vector<std::uint64_t>(size));
  for (const std::uint64_t entry : before) {
    if (alive(entry)) put(entry);
  }
}

std::size_t KeyHints::home(std::uint64_t entry) const {
  return entry >> (64 - std::countr_zero(entries_.size()));
}

void KeyHints::put(std::uint64_t entry) {
  std::size_t at = home(entry);
  while (entries_[at] != 0) at = after(at);
  entries_[at] = entry;
}

}  // namespace orderflow::sqlite
