#include "adapters/local_queue/in_process_queue.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

namespace orderflow {
namespace asio = boost::asio;
namespace {

/// Nudges handed over before the event loop gets a turn: some milliseconds of work, so that a great
/// backlog (after a crash) does not hold up requests. More than requests can add in a turn, so that
/// under load no backlog grows.
constexpr int kHandOversPerTurn = 1024;

}  // namespace

InProcessQueue::InProcessQueue(asio::any_io_executor executor, Timers& timers, Ids& ids,
                               std::int64_t in_flight_max)
    : executor_(std::move(executor)),
      timers_(timers),
      ids_(ids),
      in_flight_max_(in_flight_max),
      turn_timer_(timers.make_timer()),
      idle_timer_(timers.make_timer()) {}

void InProcessQueue::start(TakeStep take_step) {
  take_step_ = std::move(take_step);
  running_ = true;
  asio::co_spawn(executor_, run(), rethrow);
}

Task<void> InProcessQueue::stop() {
  stopped_ = true;
  for (StageLane& lane : lanes_) {
    lane.ready.clear();
    lane.again.clear();
    lane.delayed = 0;
  }
  delayed_.clear();
  turn_timer_->cancel();
  while (!idle()) co_await idle_timer_->wait_until(SteadyTime::max());
}

Task<Result<void>> InProcessQueue::nudge(Stage stage, OrderId order, Duration delay) {
  if (stopped_) co_return failure(ErrorCode::Unavailable, "the queue has stopped");
  add({.order = order, .at = timers_.now(), .stage = stage}, delay);
  co_return Result<void>();
}

Task<Result<std::vector<QueueDepth>>> InProcessQueue::depths() {
  const SteadyTime now = timers_.now();
  std::vector<QueueDepth> depths;
  for (int i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    const StageLane& l = lane(stage);
    depths.push_back({.stage = stage,
                      .ready = static_cast<std::int64_t>(l.ready.size()),
                      .in_flight = l.in_flight,
                      .delayed = l.delayed,
                      .oldest_age = Duration::zero()});
    if (!l.ready.empty()) {
      depths.back().oldest_age = std::chrono::duration_cast<Duration>(now - l.ready.front().at);
    }
  }
  co_return depths;
}

void InProcessQueue::add(const QueuedNudge& nudge, Duration delay) {
  if (delay <= Duration::zero()) {
    lane(nudge.stage).ready.push_back(nudge);
    return wake();
  }
  delayed_.push_back(nudge);
  delayed_.back().at = nudge.at + delay;
  std::ranges::push_heap(delayed_, ReadyLater{});
  ++lane(nudge.stage).delayed;
  // Behind another one, run() wakes in time by itself.
  if (delayed_.front().at == nudge.at + delay) wake();
}

/// Gives run() a turn, through the event loop. Called any number of times before that turn, it
/// costs once.
void InProcessQueue::wake() {
  if (awake_) return;
  awake_ = true;
  turn_timer_->cancel();
}

/// The one place where steps begin. Ends after stop().
Task<void> InProcessQueue::run() {
  while (!stopped_) {
    const SteadyTime next = turn();
    awake_ = false;
    co_await turn_timer_->wait_until(next);
    awake_ = true;
  }
  running_ = false;
  if (idle()) idle_timer_->cancel();
}

/// Hands over what is ready, and returns when to look again, should nothing be added before.
SteadyTime InProcessQueue::turn() {
  move_due();
  int hand_overs = 0;
  // A step runs until it first waits, within this loop; what it nudges meanwhile is in the same
  // turn.
  while (hand_overs < kHandOversPerTurn && hand_over_one()) ++hand_overs;
  if (hand_overs == kHandOversPerTurn) return timers_.now();
  return delayed_.empty() ? SteadyTime::max() : delayed_.front().at;
}

void InProcessQueue::move_due() {
  if (delayed_.empty()) return;
  const SteadyTime now = timers_.now();
  while (!delayed_.empty() && delayed_.front().at <= now) {
    std::ranges::pop_heap(delayed_, ReadyLater{});
    StageLane& l = lane(delayed_.back().stage);
    l.ready.push_back(delayed_.back());
    --l.delayed;
    delayed_.pop_back();
  }
}

/// False where nothing is ready, or only in lanes that are full.
bool InProcessQueue::hand_over_one() {
  for (int i = kStageCount - 1; i >= 0; --i) {
    StageLane& l = lanes_[static_cast<std::size_t>(i)];
    if (l.ready.empty() || l.in_flight >= in_flight_max_) continue;
    const QueuedNudge nudge = l.ready.front();
    l.ready.pop_front();
    if (nudge.hand_overs > 0) l.again.erase(nudge.order);
    ++l.in_flight;
    asio::co_spawn(executor_, work(nudge), rethrow);
    return true;
  }
  return false;
}

Task<void> InProcessQueue::work(QueuedNudge nudge) {
  const Result<void> done = co_await take_step_(nudge.stage, nudge.order);
  StageLane& l = lane(nudge.stage);
  --l.in_flight;
  if (stopped_) {
    if (idle()) idle_timer_->cancel();
    co_return;
  }
  if (!done && retryable(done.error().code)) redeliver(nudge);
  if (!l.ready.empty()) wake();  // the lane may have been full
}

/// While the store is down order-recovery goes on nudging. One redelivery for an order and a stage
/// stands for all of these.
void InProcessQueue::redeliver(QueuedNudge nudge) {
  if (!lane(nudge.stage).again.insert(nudge.order).second) return;
  ++nudge.hand_overs;
  nudge.at = timers_.now();
  add(nudge, std::max(kRedelivery.wait(nudge.hand_overs, ids_.jitter()), Duration(1)));
}

bool InProcessQueue::idle() const {
  return !running_ &&
         std::ranges::all_of(lanes_, [](const StageLane& l) { return l.in_flight == 0; });
}

}  // namespace orderflow
