#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "ports/timers.h"

namespace orderflow {

class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  Task<void> wait_until(SteadyTime time) override {
    timer_.expires_at(time);
    (void)co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  void cancel() override { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

/// Timers of the event loop that runs `executor`.
class SystemTimers final : public Timers {
 public:
  explicit SystemTimers(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  SteadyTime now() override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<SystemTimer>(executor_); }

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace orderflow
