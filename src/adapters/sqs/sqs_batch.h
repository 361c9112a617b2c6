#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "ports/timers.h"
#include "ports/work_queue.h"

namespace orderflow {

/// One message of a queue, as Lambda's event source mapping passes it on.
struct SqsRecord {
  std::string message_id;
  std::string body;       ///< empty where there is none
  int receive_count = 1;  ///< this delivery included; approximate
};

/// What is done with the messages of a queue.
struct SqsWork {
  TakeStep take_step;
  /// Called where take_step() fails on the last delivery of a message. The message is done where
  /// give_up() succeeds; else SQS moves it to the dead-letter queue.
  GiveUp give_up;
  int deliveries_max;  ///< after so many SQS gives a message up: maxReceiveCount of the queue
};

struct SqsBatchResult {
  std::vector<std::string> failed;  ///< the ids of the messages that failed, each once
  bool stopped = false;             ///< `stop_at` came before the end
};

/// Works on the messages of one Lambda invocation side by side: a batch takes as long as its slowest
/// order, not the sum. Returns when everything that was begun has ended. A step that runs at `stop_at`
/// is cancelled then.
///
/// A message fails alone: one that cannot be read, or is for another stage, and one whose step
/// returned an error, threw, or did not end in time. A message id or an order that is in the batch
/// twice is worked on once, and its messages share the outcome: two at once would only conflict.
Task<SqsBatchResult> run_sqs_batch(boost::asio::any_io_executor executor, Timers& timers,
                                   Stage stage, SqsWork work, ReportError report,
                                   std::vector<SqsRecord> records, SteadyTime stop_at);

}  // namespace orderflow
