#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/aws/client.h"
#include "base/result.h"
#include "ports/work_queue.h"

// The requests to SQS that orderflow makes, and what their answers say: texts only, no calls. In
// the JSON protocol of SQS (AWS JSON 1.0); the API reference has each by its name.
namespace orderflow::sqs {

/// Of every batch, SQS takes no more.
inline constexpr std::size_t kBatchEntriesMax = 10;
/// Of DelaySeconds.
inline constexpr std::chrono::seconds kDelayMax{900};

struct Request {
  std::string_view target;  ///< the X-Amz-Target: "AmazonSQS.SendMessageBatch"
  std::string body;
};

struct Outgoing {
  std::string message;
  std::chrono::seconds delay{};
};
/// An entry's Id is its place, from "0" on.
[[nodiscard]] Request send_message_batch(std::string_view queue_url,
                                         const std::vector<const Outgoing*>& entries);

[[nodiscard]] Request delete_message_batch(std::string_view queue_url,
                                           const std::vector<std::string_view>& receipts);

struct Hidden {
  std::string_view receipt;
  std::chrono::seconds timeout{};  ///< the message is hidden for that long from now on
};
[[nodiscard]] Request change_message_visibility_batch(std::string_view queue_url,
                                                      const std::vector<Hidden>& entries);

/// Up to kBatchEntriesMax messages, waited for up to `wait` (at most 20 s) where there are none.
[[nodiscard]] Request receive_message(std::string_view queue_url, std::chrono::seconds wait);

[[nodiscard]] Request get_queue_depth(std::string_view queue_url);

/// What became of one entry of a batch.
struct EntryResult {
  bool done = false;
  bool hopeless = false;  ///< SQS says that it is the sender's fault: the same again fails again
  std::string code;       ///< where not done: "InternalError"
};
/// One for each of the entries. A batch is answered with 200 even where all its entries failed. An
/// entry that the answer does not name is not done.
[[nodiscard]] Result<std::vector<EntryResult>> read_batch(const aws::Answer& answer,
                                                          std::size_t entries);

struct Incoming {
  std::string body;
  std::string receipt;
  int receive_count = 1;  ///< this delivery included; approximate
};
[[nodiscard]] Result<std::vector<Incoming>> read_messages(const aws::Answer& answer);

/// Approximate, by a minute at worst. The age of the oldest is not told: zero.
[[nodiscard]] Result<QueueDepth> read_depth(const aws::Answer& answer, Stage stage);

}  // namespace orderflow::sqs
