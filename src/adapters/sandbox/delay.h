#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task.h"
#include "base/time.h"

namespace orderflow::sandbox {

/// Waits as long as the way over a network takes.
inline Task<void> delay(Duration latency) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, latency);
  (void)co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace orderflow::sandbox
