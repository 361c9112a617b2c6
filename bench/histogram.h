#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace orderflow::bench {

using Nanos = std::chrono::nanoseconds;

/// Latencies in buckets that grow with the value: 64 a power of two, so a quantile is off by less
/// than 1.6 %. Adding costs a few nanoseconds, the size is fixed.
class Histogram {
 public:
  void add(Nanos latency) {
    ++counts_[bucket(static_cast<std::uint64_t>(latency.count()))];
    ++total_;
  }

  /// The upper edge of the bucket in which the quantile falls, 0 < `q` <= 1; zero when empty.
  [[nodiscard]] Nanos quantile(double q) const {
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && seen >= rank) return Nanos(static_cast<std::int64_t>(upper_edge(i)));
    }
    return Nanos::zero();
  }

 private:
  static constexpr int kBitsExact = 6;  // values below 2^(kBitsExact + 1) have a bucket each
  static constexpr int kBitsMax = 40;   // 18 minutes; what is slower is counted as that

  static std::size_t bucket(std::uint64_t value) {
    if (value >= (std::uint64_t{1} << kBitsMax)) value = (std::uint64_t{1} << kBitsMax) - 1;
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBitsExact - 1);
    return (static_cast<std::size_t>(shift) << kBitsExact) + (value >> shift);
  }
  static std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < (2U << kBitsExact)) return bucket;
    const auto shift = (bucket >> kBitsExact) - 1;
    return ((bucket - (shift << kBitsExact) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, static_cast<std::size_t>(kBitsMax - kBitsExact + 1) << kBitsExact>
      counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace orderflow::bench
