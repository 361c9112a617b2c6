#include "adapters/sqs/sqs_work_queue.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "adapters/sqs/nudge_message.h"
#include "adapters/sqs/sqs_requests.h"
#include "base/backoff.h"
#include "base/gather.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Between two tries of the entries that failed.
constexpr Backoff kResend{.base = Duration(50), .cap = Duration(2'000)};

std::chrono::seconds delay_seconds(Duration delay) {
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(delay), std::chrono::seconds(0),
                    sqs::kDelayMax);
}

}  // namespace

/// Nudges that are sent in one request, and the result of each. A full batch closes early: the next
/// nudge begins another one.
struct SqsWorkQueue::NudgeBatch {
  struct BatchEntry {
    sqs::Outgoing outgoing;
    Result<void> result = failure(ErrorCode::Timeout, "the nudge was not sent in time");
  };

  NudgeBatch(const asio::any_io_executor& executor, Stage stage_, Duration gather_for,
             std::size_t full_at_)
      : stage(stage_),
        full_at(full_at_),
        gathered(executor, gather_for),
        settled(executor, SteadyClock::time_point::max()) {}

  [[nodiscard]] bool full() const { return entries.size() == full_at; }

  Stage stage;
  std::size_t full_at;
  std::vector<BatchEntry> entries;
  asio::steady_timer gathered;  ///< cancelled when the batch is full
  asio::steady_timer settled;   ///< cancelled when every entry has its result
};

SqsWorkQueue::SqsWorkQueue(asio::any_io_executor executor, AwsClient& client,
                           SqsQueueUrls queue_urls, Ids& ids, SqsWorkQueueSettings settings)
    : executor_(std::move(executor)),
      client_(client),
      queue_urls_(std::move(queue_urls)),
      ids_(ids),
      settings_(settings),
      full_at_(sqs::kBatchEntriesMax) {}

void SqsWorkQueue::expect(std::size_t nudges) {
  full_at_ = std::clamp<std::size_t>(nudges, 1, sqs::kBatchEntriesMax);
}

Task<Result<void>> SqsWorkQueue::nudge(Stage stage, OrderId order, Duration delay) {
  std::shared_ptr<NudgeBatch>& open = open_[static_cast<std::size_t>(stage)];
  if (!open) {
    open = std::make_shared<NudgeBatch>(executor_, stage, settings_.gather_for, full_at_);
    asio::co_spawn(executor_, gather_and_send(open), rethrow);
  }
  const std::shared_ptr<NudgeBatch> batch = open;
  const std::size_t place = batch->entries.size();
  batch->entries.push_back(
      {.outgoing = {.message = sqs::write_message({.stage = stage, .order = order}),
                    .delay = delay_seconds(delay)}});
  if (batch->full()) {
    batch->gathered.cancel();
    open.reset();
  }
  (void)co_await batch->settled.async_wait(asio::as_tuple(asio::use_awaitable));
  Result<void> result = std::move(batch->entries[place].result);
  if (!result) on_lost_(order, result.error());
  co_return result;
}

Task<void> SqsWorkQueue::gather_and_send(std::shared_ptr<NudgeBatch> batch) {
  if (!batch->full()) {
    (void)co_await batch->gathered.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  std::shared_ptr<NudgeBatch>& open = open_[static_cast<std::size_t>(batch->stage)];
  if (open == batch) open.reset();
  co_await send(batch);
  batch->settled.cancel();
}

Task<void> SqsWorkQueue::send(std::shared_ptr<NudgeBatch> batch) {
  const std::string& url = queue_urls_[static_cast<std::size_t>(batch->stage)];
  const auto deadline = SteadyClock::now() + settings_.send_within;
  std::vector<NudgeBatch::BatchEntry*> left;
  for (NudgeBatch::BatchEntry& entry : batch->entries) left.push_back(&entry);
  asio::steady_timer pause(executor_);
  for (int resend = 1;; ++resend) {
    std::vector<const sqs::Outgoing*> outgoing;
    for (const NudgeBatch::BatchEntry* entry : left) outgoing.push_back(&entry->outgoing);
    sqs::SqsRequest request = sqs::send_message_batch(url, outgoing);
    const auto answer =
        co_await client_.call(AwsService::Sqs, request.target, std::move(request.body), deadline);
    const auto results = sqs::read_batch(answer, left.size());
    if (!results) {  // the whole request failed, and AwsClient has tried again until the deadline
      for (NudgeBatch::BatchEntry* entry : left) entry->result = std::unexpected(results.error());
      co_return;
    }
    std::vector<NudgeBatch::BatchEntry*> again;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const sqs::EntryResult& sent = (*results)[i];
      left[i]->result = {};
      if (sent.done) continue;
      left[i]->result = failure(ErrorCode::Unavailable, "SQS did not take a nudge: " + sent.code);
      if (!sent.hopeless) again.push_back(left[i]);
    }
    left = std::move(again);
    const Duration wait = kResend.wait(resend, ids_.jitter());
    if (left.empty() || SteadyClock::now() + wait >= deadline) co_return;
    pause.expires_after(wait);
    (void)co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Task<Result<std::vector<QueueDepth>>> SqsWorkQueue::depths() {
  std::vector<Task<Result<QueueDepth>>> asked;
  for (int i = 0; i < kStageCount; ++i) asked.push_back(depth_of(static_cast<Stage>(i)));
  auto answers = co_await gather(std::move(asked));
  std::vector<QueueDepth> depths;
  for (auto& depth : answers) {
    if (!depth) co_return std::unexpected(std::move(depth.error()));
    depths.push_back(*depth);
  }
  co_return depths;
}

Task<Result<QueueDepth>> SqsWorkQueue::depth_of(Stage stage) {
  const auto deadline = SteadyClock::now() + settings_.send_within;
  const std::string& url = queue_urls_[static_cast<std::size_t>(stage)];
  sqs::SqsRequest request = sqs::get_queue_depth(url);
  const auto answer =
      co_await client_.call(AwsService::Sqs, request.target, std::move(request.body), deadline);
  auto depth = sqs::read_depth(answer, stage);
  if (!depth) co_return depth;
  const auto dead_letters = sqs::dead_letter_url(*answer, url);
  if (!dead_letters) co_return depth;
  sqs::SqsRequest second = sqs::get_queue_depth(*dead_letters);
  const auto dead =
      co_await client_.call(AwsService::Sqs, second.target, std::move(second.body), deadline);
  const auto dead_depth = sqs::read_depth(dead, stage);
  depth->dead_letters.reset();
  if (dead_depth) {
    depth->dead_letters = dead_depth->ready + dead_depth->in_flight + dead_depth->delayed;
  }
  co_return depth;
}

}  // namespace orderflow
