#pragma once

#include <boost/asio/awaitable.hpp>

namespace orderflow {

/// What every port call and every function returns: a coroutine on the program's event loop.
template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace orderflow
