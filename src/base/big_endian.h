#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace orderflow {

/// The number in eight bytes, highest byte first.
[[nodiscard]] constexpr std::uint64_t load_big_endian(std::span<const std::uint8_t, 8> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

constexpr void store_big_endian(std::uint64_t value, std::span<std::uint8_t, 8> bytes) {
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

}  // namespace orderflow
