#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/aws/client.h"
#include "adapters/sqs/requests.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "ports/ids.h"

namespace orderflow {

struct SqsConsumerSettings {
  SqsQueueUrls queue_urls;
  /// Messages of one stage that are worked on at once; at least ten, what one request may bring.
  std::int64_t in_flight_max = 250;
  /// How long a request waits at SQS for messages: at most 20 s, which costs least.
  std::chrono::seconds wait{20};
};

/// Receives what SqsWorkQueue sends, in a process that lives long (on Lambda the service does it).
/// For each queue one request at a time waits for up to ten messages; they are worked on side by
/// side, and those done are deleted by one request. So an order step costs 0.2 to 2 requests.
///
/// A message whose work failed is hidden for a random time that doubles with each delivery and
/// comes again; so does, after the visibility timeout of the queue, one that does not read as a
/// message of ours. SQS moves what came too often to the dead-letter queue.
///
/// For the I/O thread.
///
///     SqsConsumer consumer(executor, client, {.queue_urls = urls}, ids, log);
///     consumer.start([&](Stage stage, OrderId id) { return take_step(services, stage, id); });
///     ...
///     co_await consumer.stop();
class SqsConsumer {
 public:
  /// Told what went wrong, in the words of the log; nothing is lost by any of it.
  using Report = std::function<void(std::string_view what, Stage stage, const Error& error)>;

  SqsConsumer(boost::asio::any_io_executor executor, aws::Client& client,
              SqsConsumerSettings settings, Ids& ids, Report report);

  /// An error of `take_step` leaves the message to come again. What it throws leaves io.run().
  void start(TakeStep take_step);

  /// Receives nothing more, finishes what is in flight and deletes it. After it the consumer may be
  /// destroyed. A message that SQS was just about to hand over is hidden until its visibility
  /// timeout.
  Task<void> stop();

 private:
  struct Group;
  enum class Outcome;
  struct Lane {
    boost::asio::cancellation_signal stop_receiving;
    std::int64_t in_flight = 0;
    bool receiving = false;
  };

  Lane& lane(Stage stage) { return lanes_[static_cast<std::size_t>(stage)]; }
  Task<void> receive_all(Stage stage);
  Task<bool> receive(Stage stage);
  void receiving_ended(Stage stage, std::exception_ptr problem);
  Task<void> work_on(std::shared_ptr<Group> group, std::size_t place);
  Task<Outcome> outcome_of(std::shared_ptr<Group> group, std::size_t place);
  Task<void> delete_done(std::shared_ptr<Group> group);
  Task<void> hide_failed(std::shared_ptr<Group> group);
  Task<void> settle(Stage stage, sqs::Request request, std::size_t entries,
                    std::string_view problem);
  [[nodiscard]] bool idle() const;

  boost::asio::any_io_executor executor_;
  aws::Client& client_;
  SqsConsumerSettings settings_;
  Ids& ids_;
  Report report_;
  TakeStep take_step_;
  std::array<Lane, kStageCount> lanes_;
  boost::asio::steady_timer changed_;  ///< cancelled when something in flight is done
  bool stopping_ = false;
};

}  // namespace orderflow
