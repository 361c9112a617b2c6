#include "base/gather.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "support/run.h"

namespace orderflow {
namespace {

Task<int> number(int value) { co_return value; }

TEST(Gather, ReturnsTheResultsInTheOrderAsked) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(number(i));
  EXPECT_EQ(run(gather(std::move(tasks))), (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(run(gather(std::vector<Task<int>>())), std::vector<int>());
}

Task<int> number_after(boost::asio::steady_timer& timer) {
  (void)co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return 1;
}

TEST(Gather, WaitsForItsTasksEvenIfCancelled) {
  using boost::asio::steady_timer;
  boost::asio::io_context io{1};
  steady_timer timer(io, steady_timer::time_point::max());
  std::vector<Task<int>> tasks;
  tasks.push_back(number_after(timer));
  boost::asio::cancellation_signal cancel;
  bool ended = false;
  boost::asio::co_spawn(
      io, gather(std::move(tasks)),
      boost::asio::bind_cancellation_slot(
          cancel.slot(), [&ended](std::exception_ptr, const std::vector<int>&) { ended = true; }));
  io.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  io.poll();
  EXPECT_FALSE(ended);
  timer.cancel();
  io.poll();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace orderflow
