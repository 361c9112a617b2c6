#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/lambda/log.h"
#include "apps/lambda/sqs_event.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "order/model/step.h"

namespace orderflow::lambda {

/// What is done for a nudge: take_step() of functions/take_step.h.
using ProcessOrder = std::function<Task<Result<void>>(OrderId)>;

/// The messages of one SQS event, worked on together: the time of a batch is that of its slowest
/// order, not the sum.
///
/// A message fails alone: one that can not be read, or is for another stage, and one whose order
/// could not be brought on, be it by an error, by an exception, or because the time ran out. A
/// message id or an order that comes twice in the batch is worked on once, and its messages share
/// the outcome: two at once would only be in each other's way.
///
///     Batch batch(executor, log, Stage::Payment, process_order);
///     auto failed = co_await batch.run(std::move(records), invocation.deadline - kStopMargin);
class Batch {
 public:
  Batch(boost::asio::any_io_executor executor, Log& log, Stage stage, ProcessOrder process);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// Returns the ids of the messages that failed, each once, when everything that was begun has
  /// ended. What is still going on at `stop_at` is cancelled then. Once a batch.
  Task<std::vector<std::string>> run(std::vector<SqsRecord> records,
                                     std::chrono::steady_clock::time_point stop_at);

 private:
  struct Item {
    OrderId order;
    std::vector<std::string> message_ids;
    bool running = false;
    bool done = false;
    boost::asio::cancellation_signal cancel;
  };

  void sort_out(std::vector<SqsRecord> records);
  void start(Item& item);
  Task<void> work_on(Item& item);
  void stop_all();
  [[nodiscard]] std::vector<std::string> failed_message_ids() const;

  Log& log_;
  Stage stage_;
  ProcessOrder process_;
  boost::asio::steady_timer stop_timer_;  ///< cancelled when the last one has ended
  std::vector<std::string> unreadable_;   ///< message ids
  std::deque<Item> items_;                ///< one an order
  std::size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace orderflow::lambda
