#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ports/ids.h"

namespace orderflow {

/// Ids and jitter from OpenSSL's random generator, which the operating system seeds. For one thread.
class SystemIds : public Ids {
 public:
  /// UUID version 7 (RFC 9562, section 5.7) with the counter of section 6.2, method 1: 12 bits that
  /// start anew each millisecond. When they run out, the id takes the next millisecond. Ids are at
  /// most a second ahead of the clock: when it is set back by more, they follow it. Then they may
  /// have a millisecond and counter of before, and differ in the random bits.
  [[nodiscard]] OrderId next_order_id(Timestamp now) override;
  [[nodiscard]] double jitter() override;

 private:
  std::uint64_t random_u64();

  std::uint64_t ticks_ = 0;  ///< milliseconds << 12 | counter, of the newest id
  std::array<std::uint64_t, 64> pool_{};
  std::size_t pool_left_ = 0;
};

}  // namespace orderflow
