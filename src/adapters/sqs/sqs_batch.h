#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "ports/timers.h"
#include "ports/work_queue.h"

namespace orderflow {

/// One message of a queue, as Lambda's event source mapping passes it on.
struct SqsRecord {
  std::string message_id;
  std::string body;  ///< empty where there is none
};

/// The messages of one Lambda invocation, worked on side by side: a batch takes as long as its
/// slowest order, not the sum.
///
/// A message fails alone: one that cannot be read, or is for another stage, and one whose step
/// returned an error, threw, or did not end in time. A message id or an order that is in the batch
/// twice is worked on once, and its messages share the outcome: two at once would only conflict.
///
///     SqsBatch batch(executor, timers, Stage::Payment, take_step, report);
///     auto failed = co_await batch.run(std::move(records), invocation.deadline - kStopMargin);
class SqsBatch {
 public:
  SqsBatch(boost::asio::any_io_executor executor, Timers& timers, Stage stage, TakeStep take_step,
           ReportError report);
  SqsBatch(const SqsBatch&) = delete;
  SqsBatch& operator=(const SqsBatch&) = delete;

  /// Returns the ids of the messages that failed, each once, when everything that was begun has
  /// ended. A step that runs at `stop_at` is cancelled then. Once a batch.
  Task<std::vector<std::string>> run(std::vector<SqsRecord> records, SteadyTime stop_at);

  /// Whether run() reached `stop_at`.
  [[nodiscard]] bool stopped() const { return stopped_; }

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

  boost::asio::any_io_executor executor_;
  Timers& timers_;
  Stage stage_;
  TakeStep take_step_;
  ReportError report_;
  std::unique_ptr<Timer> stop_timer_;    ///< cancelled when the last step has ended
  std::vector<std::string> unreadable_;  ///< message ids
  std::deque<Item> items_;               ///< one an order
  std::size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace orderflow
