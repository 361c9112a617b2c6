#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string_view>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "adapters/sqs/sqs_requests.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "ports/ids.h"

namespace orderflow {

struct SqsConsumerSettings {
  SqsQueueUrls queue_urls;
  /// Messages of one stage that are worked on at once; at least ten, what one request may bring.
  std::int64_t in_flight_max = 250;
  /// After so many deliveries SQS gives a message up: maxReceiveCount of the queues.
  int deliveries_max = 10;
  /// How long a request waits at SQS for messages: at most 20 s, which costs least.
  std::chrono::seconds wait{20};
};

/// Receives the messages of SqsWorkQueue in a process that keeps running (for Lambda functions the
/// service does this). For each queue, one request at a time waits for up to ten messages. They are
/// worked on side by side, and one request deletes those that are done. So an order step costs 0.2 to
/// 2 requests.
///
/// A message whose work failed is hidden for a random time, whose limit doubles with each delivery,
/// and is delivered again. A message that cannot be read is delivered again after the visibility
/// timeout of the queue. SQS moves messages that were delivered too often to the dead-letter queue.
///
/// Used on the I/O thread only.
///
///     SqsConsumer consumer(executor, client, {.queue_urls = urls}, ids, log);
///     consumer.start(take_step, give_up);
///     ...
///     co_await consumer.stop();
class SqsConsumer {
 public:
  /// Called with a message for the log. No message of the queue is lost by any of these errors.
  using ReportStageError =
      std::function<void(std::string_view what, Stage stage, const Error& error)>;

  SqsConsumer(boost::asio::any_io_executor executor, AwsClient& client,
              SqsConsumerSettings settings, Ids& ids, ReportStageError report);

  /// Where `take_step` returns an error, the message is delivered again; after its last delivery it is
  /// `give_up`'s, and where that returns an error too, the dead-letter queue's. An exception that they
  /// throw leaves io.run().
  void start(TakeStep take_step, GiveUp give_up);

  /// Stops receiving, finishes the work in flight and deletes its messages. Afterwards the consumer
  /// may be destroyed. A message that SQS was just delivering stays hidden until its visibility
  /// timeout.
  Task<void> stop();

 private:
  enum class Outcome;
  struct StageState {
    boost::asio::cancellation_signal stop_receiving;
    std::int64_t in_flight = 0;
    bool receiving = false;
  };

  StageState& state_of(Stage stage) { return stages_[static_cast<std::size_t>(stage)]; }
  Task<void> receive_all(Stage stage);
  Task<bool> receive(Stage stage);
  void receiving_ended(Stage stage, std::exception_ptr problem);
  Task<void> work_on(Stage stage, std::vector<sqs::Incoming> messages);
  Task<Outcome> outcome_of(Stage stage, const sqs::Incoming& incoming);
  Task<void> settle(Stage stage, sqs::SqsRequest request, std::size_t entries,
                    std::string_view problem);
  [[nodiscard]] bool idle() const;

  boost::asio::any_io_executor executor_;
  AwsClient& client_;
  SqsConsumerSettings settings_;
  Ids& ids_;
  ReportStageError report_;
  TakeStep take_step_;
  GiveUp give_up_;
  std::array<StageState, kStageCount> stages_;
  boost::asio::steady_timer changed_;  ///< cancelled when messages are done or receiving has ended
  bool stopping_ = false;
};

}  // namespace orderflow
