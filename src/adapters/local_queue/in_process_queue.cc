#include "adapters/local_queue/in_process_queue.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace orderflow {
namespace asio = boost::asio;
namespace {

/// Deliveries started before the event loop gets a turn: some milliseconds of work, so that a great
/// backlog (after a crash) does not hold up requests. More than requests can add in a turn, so that
/// under load no backlog grows.
constexpr int kDeliveriesPerTurn = 1024;

void rethrow(std::exception_ptr problem) {
  if (problem) std::rethrow_exception(problem);
}

}  // namespace

InProcessQueue::InProcessQueue(asio::io_context& io, Ids& ids)
    : io_(io), ids_(ids), timer_(io), idle_(io, SteadyClock::time_point::max()) {}

void InProcessQueue::start(TakeStep take_step) {
  take_step_ = std::move(take_step);
  schedule();
}

Task<void> InProcessQueue::stop() {
  stopped_ = true;
  for (Lane& lane : lanes_) {
    lane.ready.clear();
    lane.again.clear();
    lane.delayed = 0;
  }
  delayed_.clear();
  timer_.cancel();
  while (!idle()) co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
  // Whatever of ours the event loop has accepted by now runs before this does.
  co_await asio::post(io_, asio::use_awaitable);
}

Task<Result<void>> InProcessQueue::nudge(Stage stage, OrderId order, Duration delay) {
  if (stopped_) co_return failure(ErrorCode::Unavailable, "the queue has stopped");
  add({.order = order, .at = SteadyClock::now(), .stage = stage}, delay);
  co_return Result<void>();
}

Task<Result<std::vector<QueueDepth>>> InProcessQueue::depths() {
  const auto now = SteadyClock::now();
  std::vector<QueueDepth> depths;
  for (int i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    const Lane& l = lane(stage);
    depths.push_back({.stage = stage,
                      .ready = static_cast<std::int64_t>(l.ready.size()),
                      .in_flight = l.in_flight,
                      .delayed = l.delayed});
    if (!l.ready.empty()) {
      depths.back().oldest_age = std::chrono::duration_cast<Duration>(now - l.ready.front().at);
    }
  }
  co_return depths;
}

void InProcessQueue::add(const Nudge& nudge, Duration delay) {
  if (delay <= Duration::zero()) {
    lane(nudge.stage).ready.push_back(nudge);
    deliver();
    return;
  }
  delayed_.push_back(nudge);
  delayed_.back().at = nudge.at + delay;
  std::ranges::push_heap(delayed_, Later{});
  ++lane(nudge.stage).delayed;
  set_timer();
}

void InProcessQueue::set_timer() {
  if (delayed_.empty() || timer_at_ <= delayed_.front().at) return;
  timer_at_ = delayed_.front().at;
  timer_.expires_at(timer_at_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) move_due();
  });
}

void InProcessQueue::move_due() {
  const auto now = SteadyClock::now();
  while (!delayed_.empty() && delayed_.front().at <= now) {
    std::ranges::pop_heap(delayed_, Later{});
    Lane& l = lane(delayed_.back().stage);
    l.ready.push_back(delayed_.back());
    --l.delayed;
    delayed_.pop_back();
  }
  timer_at_ = SteadyClock::time_point::max();
  set_timer();
  schedule();
}

void InProcessQueue::schedule() {
  if (scheduled_ || stopped_ || !take_step_) return;
  scheduled_ = true;
  asio::post(io_, [this] {
    scheduled_ = false;
    deliver();
  });
}

/// Called, not posted: work goes as far as it can at once, before the loop takes on more requests.
/// What is nudged meanwhile is delivered by the same call, so that work does not nest.
void InProcessQueue::deliver() {
  if (delivering_ || stopped_ || !take_step_) return;
  delivering_ = true;
  int deliveries = 0;
  while (deliveries < kDeliveriesPerTurn && deliver_one()) ++deliveries;
  delivering_ = false;
  if (deliveries == kDeliveriesPerTurn) schedule();
}

bool InProcessQueue::deliver_one() {
  for (int i = kStageCount - 1; i >= 0; --i) {
    Lane& l = lanes_[static_cast<std::size_t>(i)];
    if (l.ready.empty() || l.in_flight == kInFlightMax) continue;
    const Nudge nudge = l.ready.front();
    l.ready.pop_front();
    if (nudge.deliveries > 0) l.again.erase(nudge.order);
    ++l.in_flight;
    asio::co_spawn(io_, work(nudge), rethrow);
    return true;
  }
  return false;
}

Task<void> InProcessQueue::work(Nudge nudge) {
  const Result<void> done = co_await take_step_(nudge.stage, nudge.order);
  Lane& l = lane(nudge.stage);
  --l.in_flight;
  if (stopped_) {
    if (idle()) idle_.cancel();
    co_return;
  }
  if (!done && retryable(done.error().code)) redeliver(nudge);
  if (!l.ready.empty()) schedule();
}

/// While the store is down order-recovery goes on nudging: what waits already stands for that.
void InProcessQueue::redeliver(Nudge nudge) {
  if (!lane(nudge.stage).again.insert(nudge.order).second) return;
  ++nudge.deliveries;
  nudge.at = SteadyClock::now();
  add(nudge, std::max(kRedelivery.wait(nudge.deliveries, ids_.jitter()), Duration(1)));
}

bool InProcessQueue::idle() const {
  return std::ranges::all_of(lanes_, [](const Lane& l) { return l.in_flight == 0; });
}

}  // namespace orderflow
