#include "api/wrong_tokens.h"

#include <algorithm>

namespace orderflow {

Task<void> WrongTokens::hold_back(std::string client) {
  const SteadyTime now = timers_.now();
  const SteadyTime until = count(client, now);
  if (until <= now || stopped_ || waiting_.size() >= kHeldMax) co_return;
  const auto timer = timers_.make_timer();
  waiting_.insert(timer.get());
  co_await timer->wait_until(until);
  waiting_.erase(timer.get());
}

SteadyTime WrongTokens::count(const std::string& client, SteadyTime now) {
  if (!rested_at_.contains(client)) make_room(now);
  constexpr auto kAllowance = kAtOnce * kInterval;
  SteadyTime& rested_at = rested_at_[client];
  rested_at = std::min(std::max(rested_at, now) + kInterval, now + kAllowance + kWaitMax);
  return rested_at - kAllowance;
}

void WrongTokens::make_room(SteadyTime now) {
  if (rested_at_.size() < kClientsMax) return;
  std::erase_if(rested_at_, [now](const auto& client) { return client.second <= now; });
  if (rested_at_.size() < kClientsMax) return;
  rested_at_.erase(
      std::ranges::min_element(rested_at_, {}, [](const auto& client) { return client.second; }));
}

void WrongTokens::stop() {
  stopped_ = true;
  for (Timer* const timer : waiting_) timer->cancel();
}

}  // namespace orderflow
