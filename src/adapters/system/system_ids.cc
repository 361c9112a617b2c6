#include "adapters/system/system_ids.h"

#include <openssl/rand.h>

#include "base/check.h"
#include "base/uuid7.h"

namespace orderflow {
namespace {

constexpr std::uint64_t kTicksAheadMax = std::uint64_t{1'000} << kUuidCounterBits;

}  // namespace

OrderId SystemIds::next_order_id(Timestamp now) {
  const auto ticks = static_cast<std::uint64_t>(epoch_ms(now)) << kUuidCounterBits;
  const bool ahead = ticks_ >= ticks && ticks_ - ticks < kTicksAheadMax;
  ticks_ = ahead ? ticks_ + 1 : ticks;
  return uuid7(ticks_, random_tail(random_u64()));
}

double SystemIds::jitter() { return static_cast<double>(random_u64() >> 11) * 0x1.0p-53; }

std::uint64_t SystemIds::random_u64() {
  if (pool_left_ == 0) {
    // Without randomness ids could be guessed, so the process ends.
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(pool_.data()), sizeof pool_) == 1);
    pool_left_ = pool_.size();
  }
  return pool_[--pool_left_];
}

}  // namespace orderflow
