#pragma once

#include <boost/asio/awaitable.hpp>
#include <exception>

namespace orderflow {

/// What every port call and every function returns: a coroutine on the program's event loop.
template <typename T>
using Task = boost::asio::awaitable<T>;

/// What co_spawn() calls at the end of a task that must not fail: an exception leaves io.run().
inline void rethrow(std::exception_ptr problem) {
  if (problem) std::rethrow_exception(problem);
}

}  // namespace orderflow
