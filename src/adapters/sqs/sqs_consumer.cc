#include "adapters/sqs/sqs_consumer.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <vector>

#include "adapters/sqs/nudge_message.h"
#include "base/backoff.h"
#include "base/check.h"
#include "base/gather.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long an answer may take, not counting the wait of a long poll.
constexpr std::chrono::seconds kAnswerWithin{10};
constexpr std::chrono::seconds kPauseAfterFailure{5};
/// How long a message that failed is hidden, by the number of its deliveries.
constexpr Backoff kHidden{.base = std::chrono::seconds(1), .cap = std::chrono::seconds(300)};

}  // namespace

/// The result of the work on a message.
enum class SqsConsumer::Outcome {
  Done,     ///< to be deleted
  Failed,   ///< to be hidden for a while, then delivered again
  NotOurs,  ///< left alone: SQS delivers it again, and in the end moves it to the dead-letter queue
};

SqsConsumer::SqsConsumer(asio::any_io_executor executor, AwsClient& client,
                         SqsConsumerSettings settings, Ids& ids, ReportStageError report)
    : executor_(std::move(executor)),
      client_(client),
      settings_(std::move(settings)),
      ids_(ids),
      report_(std::move(report)),
      changed_(executor_, SteadyClock::time_point::max()) {
  CHECK(std::cmp_greater_equal(settings_.in_flight_max, sqs::kBatchEntriesMax));
}

void SqsConsumer::start(TakeStep take_step, GiveUp give_up) {
  take_step_ = std::move(take_step);
  give_up_ = std::move(give_up);
  for (int i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    state_of(stage).receiving = true;
    asio::co_spawn(executor_, receive_all(stage),
                   asio::bind_cancellation_slot(state_of(stage).stop_receiving.slot(),
                                                [this, stage](std::exception_ptr problem) {
                                                  receiving_ended(stage, problem);
                                                }));
  }
}

Task<void> SqsConsumer::stop() {
  stopping_ = true;
  for (StageState& state : stages_) state.stop_receiving.emit(asio::cancellation_type::terminal);
  while (!idle()) (void)co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
}

/// Ends by cancellation, in most cases during a long poll.
Task<void> SqsConsumer::receive_all(Stage stage) {
  const StageState& state = state_of(stage);
  const auto batch = static_cast<std::int64_t>(sqs::kBatchEntriesMax);
  asio::steady_timer pause(executor_);
  while (!stopping_) {
    while (state.in_flight + batch > settings_.in_flight_max) {
      (void)co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const bool received = co_await receive(stage);
    if (received) continue;
    pause.expires_after(
        std::chrono::duration_cast<SteadyClock::duration>(kPauseAfterFailure * ids_.jitter()));
    (void)co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Task<bool> SqsConsumer::receive(Stage stage) {
  const std::string& url = settings_.queue_urls[static_cast<std::size_t>(stage)];
  sqs::SqsRequest request = sqs::receive_message(url, settings_.wait);
  const auto within = settings_.wait + kAnswerWithin;  // SQS answers when there is a message
  const auto answer =
      co_await client_.call(AwsService::Sqs, request.target, std::move(request.body),
                            SteadyClock::now() + within, within);
  auto messages = sqs::read_messages(answer);
  if (!messages) {
    report_("messages could not be received", stage, messages.error());
    co_return false;
  }
  if (!messages->empty()) {
    state_of(stage).in_flight += std::ssize(*messages);
    asio::co_spawn(executor_, work_on(stage, std::move(*messages)), rethrow);
  }
  co_return true;
}

void SqsConsumer::receiving_ended(Stage stage, std::exception_ptr problem) {
  state_of(stage).receiving = false;
  changed_.cancel();
  try {
    rethrow(problem);
  } catch (const boost::system::system_error& error) {
    if (!stopping_ || error.code() != asio::error::operation_aborted) throw;
  }
}

/// The messages of one answer are worked on side by side, then deleted or hidden together. One failed
/// message does not bring back the others.
Task<void> SqsConsumer::work_on(Stage stage, std::vector<sqs::Incoming> messages) {
  std::vector<Task<Outcome>> work;
  for (const sqs::Incoming& message : messages) work.push_back(outcome_of(stage, message));
  const std::vector<Outcome> outcomes = co_await gather(std::move(work));
  std::vector<std::string_view> done;
  std::vector<sqs::Hidden> failed;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const sqs::Incoming& message = messages[i];
    if (outcomes[i] == Outcome::Done) done.emplace_back(message.receipt);
    if (outcomes[i] != Outcome::Failed) continue;
    const Duration hidden = kHidden.wait(message.receive_count, ids_.jitter());
    failed.push_back(
        {.receipt = message.receipt, .timeout = std::chrono::round<std::chrono::seconds>(hidden)});
  }
  const std::string& url = settings_.queue_urls[static_cast<std::size_t>(stage)];
  if (!done.empty()) {
    co_await settle(stage, sqs::delete_message_batch(url, done), done.size(),
                    "messages could not be deleted and will be delivered again");
  }
  if (!failed.empty()) {
    co_await settle(
        stage, sqs::change_message_visibility_batch(url, failed), failed.size(),
        "messages could not be hidden; they are delivered again after their visibility timeout");
  }
  state_of(stage).in_flight -= std::ssize(messages);
  changed_.cancel();
}

Task<SqsConsumer::Outcome> SqsConsumer::outcome_of(Stage stage, const sqs::Incoming& incoming) {
  const auto message = sqs::read_message(incoming.body);
  if (!message) {
    report_("a message is left for the dead-letter queue", stage, message.error());
    co_return Outcome::NotOurs;
  }
  auto result = co_await take_step_(message->stage, message->order);
  if (!result && incoming.receive_count >= settings_.deliveries_max) {
    result = co_await give_up_(message->stage, message->order, std::move(result.error()));
  }
  co_return result ? Outcome::Done : Outcome::Failed;
}

Task<void> SqsConsumer::settle(Stage stage, sqs::SqsRequest request, std::size_t entries,
                               std::string_view problem) {
  const auto answer = co_await client_.call(
      AwsService::Sqs, request.target, std::move(request.body), SteadyClock::now() + kAnswerWithin);
  const auto results = sqs::read_batch(answer, entries);
  if (!results) {
    report_(problem, stage, results.error());
    co_return;
  }
  const auto failed = std::ranges::find(*results, false, &sqs::EntryResult::done);
  if (failed == results->end()) co_return;
  report_(problem, stage, Error{ErrorCode::Unavailable, "SQS answers " + failed->code});
}

bool SqsConsumer::idle() const {
  return std::ranges::all_of(
      stages_, [](const StageState& state) { return !state.receiving && state.in_flight == 0; });
}

}  // namespace orderflow
