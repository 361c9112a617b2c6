#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/aws_client.h"
#include "base/result.h"
#include "ports/work_queue.h"

// The requests to SQS that orderflow makes, each named as in SQS's API reference, in its JSON
// protocol (AWS JSON 1.0), and the readers of the answers: texts only, no calls. A reader returns the
// error of the call where there is no answer.
namespace orderflow::sqs {

/// The most entries that SQS accepts in a batch.
inline constexpr std::size_t kBatchEntriesMax = 10;
/// The greatest DelaySeconds.
inline constexpr std::chrono::seconds kDelayMax{900};

struct SqsRequest {
  const char* target = nullptr;  ///< the X-Amz-Target: "AmazonSQS.SendMessageBatch"
  std::string body;
};

struct Outgoing {
  std::string message;
  std::chrono::seconds delay{};
};
/// The Id of an entry is its index, "0" to "9".
[[nodiscard]] SqsRequest send_message_batch(std::string_view queue_url,
                                            const std::vector<const Outgoing*>& entries);

[[nodiscard]] SqsRequest delete_message_batch(std::string_view queue_url,
                                              const std::vector<std::string_view>& receipts);

struct Hidden {
  std::string_view receipt;
  std::chrono::seconds timeout{};  ///< the message is hidden for that long from now on
};
[[nodiscard]] SqsRequest change_message_visibility_batch(std::string_view queue_url,
                                                         const std::vector<Hidden>& entries);

/// Up to kBatchEntriesMax messages. Where there are none, SQS waits for up to `wait` (at most 20 s).
[[nodiscard]] SqsRequest receive_message(std::string_view queue_url, std::chrono::seconds wait);

/// The counts of messages, and which queue takes what was delivered too often.
[[nodiscard]] SqsRequest get_queue_depth(std::string_view queue_url);

/// What became of one entry of a batch.
struct EntryResult {
  bool done = false;
  bool hopeless = false;  ///< the same entry would fail again (SenderFault)
  std::string code;       ///< where not done: "InternalError"
};
/// One result an entry, in their order. SQS answers a batch with 200 even where every entry failed, so
/// the status says nothing about the entries. An entry that the answer does not name is not done.
[[nodiscard]] Result<std::vector<EntryResult>> read_batch(const Result<AwsAnswer>& answer,
                                                          std::size_t entries);

struct Incoming {
  std::string body;
  std::string receipt;
  int receive_count = 1;  ///< this delivery included; approximate
};
[[nodiscard]] Result<std::vector<Incoming>> read_messages(const Result<AwsAnswer>& answer);

/// The counts are approximate, up to a minute old. SQS does not say how old the oldest message is.
[[nodiscard]] Result<QueueDepth> read_depth(const Result<AwsAnswer>& answer, Stage stage);

/// The URL of the queue's dead-letter queue; nullopt where it has none. The answer of a queue names it by
/// its ARN; it is in the same account and region.
[[nodiscard]] std::optional<std::string> dead_letter_url(const AwsAnswer& answer,
                                                         std::string_view queue_url);

}  // namespace orderflow::sqs
