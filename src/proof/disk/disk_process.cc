#include "proof/disk/disk_process.h"

#include "base/uuid7.h"
#include "proof/world/random.h"

namespace orderflow::world {

OrderId CountedIds::next_order_id(Timestamp now) {
  const std::uint64_t number = ++memory_.ids;
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  return uuid7(ms << kUuidCounterBits | (number & 0xfff), random_tail(Random::mix(number)));
}

}  // namespace orderflow::world
