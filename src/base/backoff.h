#pragma once

#include "base/time.h"

namespace orderflow {

/// Exponential backoff with full jitter: callers that failed together do not come back together.
///
///     constexpr Backoff kResend{.base = 50ms, .cap = 2s};
///     timer.expires_after(kResend.wait(tries));
struct Backoff {
  Duration base;
  Duration cap;

  /// A share `jitter`, in [0, 1), of min(cap, base * 2^tries).
  [[nodiscard]] Duration wait(int tries, double jitter) const;
  /// The same with a random number of its own, for callers that no simulation drives.
  [[nodiscard]] Duration wait(int tries) const;
};

}  // namespace orderflow
