#pragma once

#include "base/ids.h"
#include "base/time.h"

namespace orderflow {

/// The source of ids and of chance: the system's randomness in production, a seed in the proof.
class Ids {
 public:
  virtual ~Ids() = default;
  /// A UUID version 7 at `now`: unguessable and unique. Its time is that of `now` unless there are
  /// too many in a millisecond, or the clock goes back by a little.
  [[nodiscard]] virtual OrderId next_order_id(Timestamp now) = 0;
  /// Uniform in [0, 1), for jitter.
  [[nodiscard]] virtual double jitter() = 0;
};

}  // namespace orderflow
