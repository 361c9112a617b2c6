#include "adapters/system/system_ids.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace orderflow {
namespace {

constexpr int kCounterBits = 12;

std::uint64_t ticks_of(const OrderId& id) {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes()[i];
  const std::uint64_t counter = (id.bytes()[6] & 0x0fU) << 8 | id.bytes()[7];
  return ms << kCounterBits | counter;
}

}  // namespace

SystemIds::SystemIds(const OrderId& newest) : ticks_(ticks_of(newest)) {}

OrderId SystemIds::next_order_id(Timestamp now) {
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  ticks_ = std::max(ticks_ + 1, ms << kCounterBits);
  const std::uint64_t high = (ticks_ >> kCounterBits) << 16 | 0x7000U | (ticks_ & 0x0fffU);
  const std::uint64_t low = (random_u64() >> 2) | std::uint64_t{1} << 63;  // variant 10
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return OrderId(bytes);
}

double SystemIds::jitter() { return static_cast<double>(random_u64() >> 11) * 0x1.0p-53; }

std::uint64_t SystemIds::random_u64() {
  if (pool_left_ == 0) {
    // Without randomness ids could be guessed: rather no service than that.
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(pool_.data()), sizeof pool_) == 1);
    pool_left_ = pool_.size();
  }
  return pool_[--pool_left_];
}

}  // namespace orderflow
