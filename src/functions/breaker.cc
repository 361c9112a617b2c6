#include "functions/breaker.h"

#include <algorithm>

namespace orderflow {

bool Breaker::admits(Timestamp now) {
  if (!open()) return true;
  // A clock that was set back must not keep the probe away.
  if (now >= probed_at_ && now - probed_at_ < kProbeEvery) return false;
  probed_at_ = now;
  return true;
}

void Breaker::unanswered(const OrderId& order, Timestamp now) {
  if (open() || std::ranges::find(unanswered_, order) != unanswered_.end()) return;
  unanswered_.push_back(order);
  if (open()) probed_at_ = now;
}

}  // namespace orderflow
