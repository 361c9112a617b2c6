#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/task.h"

// Runs coroutines from tests: run(io, task) drives the event loop until the task is done.
namespace orderflow {

/// Runs `io` until the condition holds; throws after a minute.
template <typename Condition>
void run_until(boost::asio::io_context& io, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto work = boost::asio::make_work_guard(io);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("still not so");
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
}

template <typename T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

/// Starts all of them before any can finish, and returns what they returned.
template <typename T>
std::vector<T> run_all(boost::asio::io_context& io, std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> results(tasks.size());
  std::size_t done = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    boost::asio::co_spawn(io, keep(std::move(tasks[i]), results[i]),
                          [&](std::exception_ptr problem) {
                            if (problem) std::rethrow_exception(problem);
                            ++done;
                          });
  }
  run_until(io, [&] { return done == results.size(); });
  std::vector<T> values;
  for (std::optional<T>& result : results) values.push_back(std::move(*result));
  return values;
}

template <typename T>
T run(boost::asio::io_context& io, Task<T> task) {
  std::vector<Task<T>> tasks;
  tasks.push_back(std::move(task));
  return std::move(run_all(io, std::move(tasks)).front());
}

/// For tasks that need no event loop of their own.
template <typename T>
T run(Task<T> task) {
  boost::asio::io_context io;
  return run(io, std::move(task));
}

inline Task<bool> finish(Task<void> task) {
  co_await std::move(task);
  co_return true;
}
inline void run(boost::asio::io_context& io, Task<void> task) {
  (void)run(io, finish(std::move(task)));
}

}  // namespace orderflow
