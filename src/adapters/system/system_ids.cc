#include "adapters/system/system_ids.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"
#include "base/uuid7.h"

namespace orderflow {

SystemIds::SystemIds(const OrderId& newest) : ticks_(uuid_ticks(newest)) {}

OrderId SystemIds::next_order_id(Timestamp now) {
  const auto ms = static_cast<std::uint64_t>(epoch_ms(now));
  ticks_ = std::max(ticks_ + 1, ms << kUuidCounterBits);
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
