#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace orderflow::sqlite {

/// In which slot of the idempotency table a key stands, in memory: eight bytes a key, 32 MB at
/// most. Only a hint: its row may have gone since, or the slot be another key's.
class KeyHints {
 public:
  using Key = std::array<std::uint8_t, 16>;  ///< random bytes
  static constexpr std::int64_t kSlotMax = (std::int64_t{1} << 36) - 1;

  /// False where there is no room. Slots from 1 on count up with time; the hints to those before
  /// `oldest` may go.
  bool add(const Key& key, std::int64_t slot, std::int64_t oldest);

  /// The slots that may hold the key.
  [[nodiscard]] std::vector<std::int64_t> find(const Key& key) const;

 private:
  void make_room(std::int64_t slot, std::int64_t oldest);
  [[nodiscard]] std::size_t home(std::uint64_t entry) const;
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  void put(std::uint64_t entry);

  /// Open addressing, never full, its size a power of two: 28 bits of the key, of which the first
  /// say where it stands, then 36 bits of the slot; 0 where nothing stands.
  std::vector<std::uint64_t> entries_;
  std::size_t used_ = 0;
  std::int64_t next_try_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace orderflow::sqlite
