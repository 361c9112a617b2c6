#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "contract/adapter.h"
#include "ports/work_queue.h"
#include "support/run.h"

namespace orderflow {

/// A queue, and work that records what is delivered to it.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual WorkQueue& queue() = 0;
  /// Begins to deliver nudges to work().
  virtual void start() = 0;

  boost::asio::io_context io{1};
  std::vector<std::pair<Stage, OrderId>> deliveries;
  int failures = 0;               ///< that many deliveries fail from now on
  std::function<void()> at_work;  ///< called by each delivery, where it is set

 protected:
  Task<Result<void>> work(Stage stage, OrderId order) {
    deliveries.emplace_back(stage, order);
    if (at_work) at_work();
    if (failures > 0) {
      --failures;
      co_return failure(ErrorCode::Unavailable, "the store is down");
    }
    co_return Result<void>();
  }
};

using QueueAdapter = Adapter<Queue>;
QueueAdapter in_process_queue();

/// The adapters that this binary tests: each binary of contract tests defines it once.
std::vector<QueueAdapter> queue_adapters();

}  // namespace orderflow
