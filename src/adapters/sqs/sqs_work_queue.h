#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "ports/ids.h"
#include "ports/work_queue.h"

namespace orderflow {

/// One a stage, in the order of Stage: "https://sqs.us-east-1.amazonaws.com/123456789012/payment".
using SqsQueueUrls = std::array<std::string, kStageCount>;

struct SqsWorkQueueSettings {
  /// How long a nudge waits for others to share its request, which costs the same with ten messages
  /// as with one. Zero gathers the nudges of one turn of the event loop.
  Duration gather_for{};
  /// A nudge that SQS has not accepted within this time is lost. It is short, since a customer may
  /// wait for it, and order-recovery nudges the order anyway.
  Duration send_within{1'000};
};

/// The queues of the AWS home: standard queues of SQS, which deliver at least once, in any order.
///
/// nudge() costs a tenth to a whole request (SendMessageBatch) and returns once SQS has the
/// message. Where SQS accepts only some entries of a request, the others are sent again, with full
/// jitter; so a message may be sent twice. A delay is rounded up to whole seconds and limited to 15
/// minutes, the most that SQS allows: a nudge that comes early is put off again by take_step().
/// depths() costs two requests a queue: one is to its dead-letter queue.
///
/// Most callers of nudge() have no use for its error. notify_lost() lets it be seen all the same.
///
/// Used on the I/O thread only. Must outlive every nudge.
class SqsWorkQueue final : public WorkQueue {
 public:
  SqsWorkQueue(boost::asio::any_io_executor executor, AwsClient& client, SqsQueueUrls queue_urls,
               Ids& ids, SqsWorkQueueSettings settings = {});

  /// At most so many nudges of a stage will come soon, so a request with that many waits for no more.
  /// In a shop with little to do that is one, and it is sent at once.
  void expect(std::size_t nudges);

  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override;

  /// Calls `on_lost` with the order of each nudge that fails.
  void notify_lost(std::function<void(const OrderId&, const Error&)> on_lost) {
    on_lost_ = std::move(on_lost);
  }

 private:
  struct NudgeBatch;

  Task<Result<QueueDepth>> depth_of(Stage stage);
  Task<void> gather_and_send(std::shared_ptr<NudgeBatch> batch);
  Task<void> send(std::shared_ptr<NudgeBatch> batch);

  boost::asio::any_io_executor executor_;
  AwsClient& client_;
  SqsQueueUrls queue_urls_;
  Ids& ids_;
  SqsWorkQueueSettings settings_;
  std::size_t full_at_;
  std::function<void(const OrderId&, const Error&)> on_lost_ = [](const OrderId&, const Error&) {};
  /// By stage: the batch that the next nudge joins; null where that nudge begins a batch.
  std::array<std::shared_ptr<NudgeBatch>, kStageCount> open_;
};

}  // namespace orderflow
