#include "proof/disk/disk_process.h"

#include <array>

#include "proof/world/random.h"

namespace orderflow::world {

OrderId CountedIds::next_order_id(Timestamp now) {
  const std::uint64_t number = ++memory_.ids;
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const std::uint64_t head = ms << 16 | 0x7000 | (number & 0xfff);
  const std::uint64_t tail = Random::mix(number) >> 2 | std::uint64_t{1} << 63;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(head >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i));
  }
  return OrderId(bytes);
}

}  // namespace orderflow::world
