#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time.h"
#include "base/task.h"

namespace orderflow::sandbox {

/// Lets time pass, as a network would.
inline Task<void> pass(Duration latency) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, latency);
  (void)co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace orderflow::sandbox
