#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/big_endian.h"
#include "base/ids.h"
#include "base/time.h"

// The parts of a UUID of version 7 (RFC 9562) as numbers: 60 bits of ticks, in which the four bits of
// the version are left out, and the last eight bytes, the tail.
namespace orderflow {

/// Ticks are milliseconds since 1970, 48 bits, and below them a counter of so many bits.
inline constexpr int kUuidCounterBits = 12;

[[nodiscard]] inline OrderId uuid7(std::uint64_t ticks, std::uint64_t tail) {
  std::array<std::uint8_t, 16> bytes;
  const std::uint64_t counter = ticks & ((1U << kUuidCounterBits) - 1);
  const std::uint64_t head = ticks >> kUuidCounterBits << 16 | 0x7000U | counter;
  store_big_endian(head, std::span(bytes).first<8>());
  store_big_endian(tail, std::span(bytes).last<8>());
  return OrderId(bytes);
}

/// `random` as a tail: its upper 62 bits below the variant, which is 10 in binary.
[[nodiscard]] inline std::uint64_t random_tail(std::uint64_t random) {
  return random >> 2 | std::uint64_t{1} << 63;
}

[[nodiscard]] inline std::uint64_t uuid_ticks(const OrderId& id) {
  const std::uint64_t head = load_big_endian(std::span(id.bytes()).first<8>());
  return head >> 16 << kUuidCounterBits | (head & ((1U << kUuidCounterBits) - 1));
}

/// The time in front of a version 7 UUID; beyond the year 10,000 where it was made up.
[[nodiscard]] inline Timestamp uuid_time(const OrderId& id) {
  return Timestamp(Duration(uuid_ticks(id) >> kUuidCounterBits));
}

[[nodiscard]] inline std::uint64_t uuid_tail(const OrderId& id) {
  return load_big_endian(std::span(id.bytes()).last<8>());
}

}  // namespace orderflow
