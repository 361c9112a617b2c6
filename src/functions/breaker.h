#pragma once

#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace orderflow {

/// Whether one provider is asked at all: while every call fails, only a probe now and then.
///
/// It opens when calls for kOrdersToOpen different orders in a row had no answer. Several orders,
/// since one may be poisoned: its calls count once, and its neighbours' answers in between start the
/// count again. Any answer closes it, a decline too. A 429 says neither: the provider is there, and
/// takes no more for now.
///
/// One for each provider and process; forgotten with the process, which learns again in a few calls.
///
///     if (!breaker.admits(now)) return put_off;
///     const auto answer = co_await call();
///     known(answer) ? breaker.answered() : breaker.unanswered(order, clock.now());
class Breaker {
 public:
  static constexpr std::size_t kOrdersToOpen = 5;
  static constexpr Duration kProbeEvery{1'000};

  /// Whether a call may be made now. While it is open: one every kProbeEvery, the probe.
  [[nodiscard]] bool admits(Timestamp now);
  void answered() { unanswered_.clear(); }
  void unanswered(const OrderId& order, Timestamp now);

  [[nodiscard]] bool open() const { return unanswered_.size() == kOrdersToOpen; }

 private:
  std::vector<OrderId> unanswered_;  ///< since the last answer, each once
  Timestamp probed_at_{};            ///< or opened
};

}  // namespace orderflow
