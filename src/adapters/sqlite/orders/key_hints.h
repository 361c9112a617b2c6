#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace orderflow::sqlite {

/// Which slot of the idempotency table a key is in, kept in memory: eight bytes a key, 32 MB at
/// most. It is only a hint: the row may be gone, or another key with the same first bits may be
/// meant.
class KeyHints {
 public:
  using Key = std::array<std::uint8_t, 16>;  ///< random bytes
  static constexpr std::int64_t kSlotMax = (std::int64_t{1} << 36) - 1;

  /// False where there is no room. Slots count up with time, from 1; hints of slots before `oldest`
  /// may be dropped.
  bool add(const Key& key, std::int64_t slot, std::int64_t oldest);

  /// The slots that may hold the key.
  [[nodiscard]] std::vector<std::int64_t> find(const Key& key) const;

 private:
  void make_room(std::int64_t slot, std::int64_t oldest);
  [[nodiscard]] std::size_t home(std::uint64_t entry) const;
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  void put(std::uint64_t entry);

  /// A hash table with open addressing and linear probing. Its size is a power of two, and at most
  /// three quarters of it are used. An entry:
  ///
  ///   bits 63..36   the first 28 bits of the key; the uppermost of them are its place in the table
  ///   bits 35..0    the slot, never 0
  ///
  /// 0 is an empty place.
  std::vector<std::uint64_t> entries_;
  std::size_t used_ = 0;
  /// While the table is full, the slot from which on it is worth looking for old hints again.
  std::int64_t next_try_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace orderflow::sqlite
