#include "base/backoff.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace orderflow {

Duration Backoff::wait(int tries, double jitter) const {
  // In floating point: base * 2^tries overflows an integer long before a caller gives up.
  const double ceiling = std::min(static_cast<double>(cap.count()),
                                  static_cast<double>(base.count()) * std::exp2(tries));
  return Duration(static_cast<Duration::rep>(ceiling * jitter));
}

Duration Backoff::wait(int tries) const {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return wait(tries, std::uniform_real_distribution<>()(random));
}

}  // namespace orderflow
