#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/task.h"

namespace orderflow {

/// Runs `io` until the task is done, for a caller that is no coroutine.
template <typename T>
T wait_for(boost::asio::io_context& io, Task<T> task) {
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(task), [&result](std::exception_ptr thrown, T value) {
    if (thrown) std::rethrow_exception(thrown);
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result) io.run_one();
  io.restart();
  return std::move(*result);
}

}  // namespace orderflow
