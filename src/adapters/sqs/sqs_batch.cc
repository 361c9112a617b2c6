#include "adapters/sqs/sqs_batch.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include "adapters/sqs/nudge_message.h"

namespace orderflow {
namespace asio = boost::asio;

SqsBatch::SqsBatch(asio::any_io_executor executor, Timers& timers, Stage stage, TakeStep take_step,
                   ReportError report)
    : executor_(std::move(executor)),
      timers_(timers),
      stage_(stage),
      take_step_(std::move(take_step)),
      report_(std::move(report)),
      stop_timer_(timers.make_timer()) {}

Task<std::vector<std::string>> SqsBatch::run(std::vector<SqsRecord> records, SteadyTime stop_at) {
  // The steps refer to this object: a cancelled caller must not leave them behind. This ends in
  // time by itself.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  sort_out(std::move(records));
  stopped_ = timers_.now() >= stop_at;
  if (!stopped_) {
    for (Item& item : items_) start(item);
  }
  while (running_ > 0) {
    // Once stopped, the steps end soon: cancelled, they have nothing to wait for.
    co_await stop_timer_->wait_until(stopped_ ? SteadyTime::max() : stop_at);
    if (running_ > 0 && !stopped_) stop_all();
  }
  co_return failed_message_ids();
}

/// Makes one item of each order. What cannot be worked on fails here.
void SqsBatch::sort_out(std::vector<SqsRecord> records) {
  std::set<std::string, std::less<>> seen;
  std::map<OrderId, Item*> by_order;
  for (SqsRecord& record : records) {
    if (!seen.insert(record.message_id).second) continue;
    auto message = sqs::read_message(record.body);
    if (message && message->stage != stage_) {
      message = failure(ErrorCode::InvalidInput, "the message is for another queue");
    }
    if (!message) {
      report_("a message cannot be read", message.error(), {{"messageId", record.message_id}});
      unreadable_.push_back(std::move(record.message_id));
      continue;
    }
    Item*& item = by_order[message->order];
    if (item == nullptr) {
      item = &items_.emplace_back();
      item->order = message->order;
    }
    item->message_ids.push_back(std::move(record.message_id));
  }
}

void SqsBatch::start(Item& item) {
  item.running = true;
  ++running_;
  const auto finish = [this, &item](const std::exception_ptr&) {
    item.running = false;
    if (--running_ == 0) stop_timer_->cancel();
  };
  asio::co_spawn(executor_, work_on(item),
                 asio::bind_cancellation_slot(item.cancel.slot(), finish));
}

/// Catches what the step throws: the other orders of the batch go on.
Task<void> SqsBatch::work_on(Item& item) {
  Error error{ErrorCode::Unavailable, "not a std::exception"};
  std::string_view what = "a step of an order threw";
  try {
    auto result = co_await take_step_(stage_, item.order);
    item.done = result.has_value();
    if (item.done) co_return;
    error = std::move(result.error());
    what = "a step of an order could not be recorded";
  } catch (const std::exception& exception) {
    error.detail = exception.what();
  } catch (...) {
  }
  // Cancelled steps throw or return errors; the caller logs that once for all of them.
  if (!stopped_) report_(what, error, {{"orderId", item.order.to_string()}});
}

void SqsBatch::stop_all() {
  stopped_ = true;
  for (Item& item : items_) {
    if (item.running) item.cancel.emit(asio::cancellation_type::terminal);
  }
}

std::vector<std::string> SqsBatch::failed_message_ids() const {
  std::vector<std::string> failed = unreadable_;
  for (const Item& item : items_) {
    if (!item.done) failed.insert(failed.end(), item.message_ids.begin(), item.message_ids.end());
  }
  return failed;
}

}  // namespace orderflow
