#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/task.h"

namespace orderflow {

template <typename T>
Task<void> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

/// Runs the tasks side by side on the caller's executor, which must run on one thread, and returns
/// their results in order. Cancellation does not end it before the tasks are done, since they write to
/// its locals; each task ends by its own deadline.
template <typename T>
Task<std::vector<T>> gather(std::vector<Task<T>> tasks) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer all_done(executor, boost::asio::steady_timer::time_point::max());
  std::vector<std::optional<T>> results(tasks.size());
  std::size_t running = tasks.size();
  std::exception_ptr thrown;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    boost::asio::co_spawn(executor, keep_result(std::move(tasks[i]), results[i]),
                          [&](std::exception_ptr problem) {
                            if (problem) thrown = problem;
                            if (--running == 0) all_done.cancel();
                          });
  }
  const bool throws = co_await boost::asio::this_coro::throw_if_cancelled();
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  while (running > 0) {
    (void)co_await all_done.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_await boost::asio::this_coro::throw_if_cancelled(throws);
  if (thrown) std::rethrow_exception(thrown);
  std::vector<T> values;
  values.reserve(results.size());
  for (std::optional<T>& result : results) values.push_back(std::move(*result));
  co_return values;
}

}  // namespace orderflow
