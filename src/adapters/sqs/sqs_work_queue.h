#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "adapters/aws/client.h"
#include "ports/ids.h"
#include "ports/work_queue.h"

namespace orderflow {

/// One a stage, in the order of Stage: "https://sqs.us-east-1.amazonaws.com/123456789012/payment".
using SqsQueueUrls = std::array<std::string, kStageCount>;

struct SqsWorkQueueSettings {
  /// How long a nudge waits for others to share its request. Zero gathers what comes in the same
  /// turn of the event loop. A request costs as much with ten messages as with one.
  Duration gather_for{};
  /// A nudge that SQS has not taken by then is an error.
  Duration send_within{5'000};
};

/// The queues of the AWS home: standard queues of SQS, which deliver at least once, in any order.
///
/// nudge() costs a tenth to a whole request (SendMessageBatch) and returns once SQS has the
/// message. An entry that failed while its neighbours did not is sent again, with full jitter; so a
/// message may be sent twice. A delay is rounded up to whole seconds; one above 15 minutes ends
/// after 15: the nudge then comes early and take_step() puts it off again. depths() costs three
/// requests.
///
/// For the I/O thread. Outlives every nudge.
class SqsWorkQueue final : public WorkQueue {
 public:
  SqsWorkQueue(boost::asio::any_io_executor executor, aws::Client& client, SqsQueueUrls queue_urls,
               Ids& ids, SqsWorkQueueSettings settings = {});

  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override;

 private:
  struct Batch;

  Task<void> gather_and_send(std::shared_ptr<Batch> batch);
  Task<void> send(std::shared_ptr<Batch> batch);

  boost::asio::any_io_executor executor_;
  aws::Client& client_;
  SqsQueueUrls queue_urls_;
  Ids& ids_;
  SqsWorkQueueSettings settings_;
  /// By stage: the batch that the next nudge joins; null where it begins one.
  std::array<std::shared_ptr<Batch>, kStageCount> open_;
};

}  // namespace orderflow
