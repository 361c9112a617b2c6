#pragma once

#include "base/ids.h"
#include "base/time.h"

namespace orderflow {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() = 0;
};

/// What is drawn by chance: in production from the system, in a simulation from a seed.
class Ids {
 public:
  virtual ~Ids() = default;
  /// A UUID version 7 at `now`: unguessable, unique, and greater than every one this source gave
  /// before.
  [[nodiscard]] virtual OrderId next_order_id(Timestamp now) = 0;
  /// Uniform in [0, 1), for jitter.
  [[nodiscard]] virtual double jitter() = 0;
};

}  // namespace orderflow
