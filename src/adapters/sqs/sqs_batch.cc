#include "adapters/sqs/sqs_batch.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include "adapters/sqs/nudge_message.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

/// An order of the batch.
struct Item {
  OrderId order;
  std::vector<std::string> message_ids;
  int receive_count = 0;  ///< the highest of its messages
  bool running = false;
  bool done = false;
  asio::cancellation_signal cancel;
};

/// Makes one item of each order. What cannot be worked on is added to `unreadable`.
std::deque<Item> sort_out(std::vector<SqsRecord> records, Stage stage, const ReportError& report,
                          std::vector<std::string>& unreadable) {
  std::deque<Item> items;
  std::set<std::string, std::less<>> seen;
  std::map<OrderId, Item*> by_order;
  for (SqsRecord& record : records) {
    if (!seen.insert(record.message_id).second) continue;
    auto message = sqs::read_message(record.body);
    if (message && message->stage != stage) {
      message = failure(ErrorCode::InvalidInput, "the message is for another queue");
    }
    if (!message) {
      report("a message cannot be read", message.error(), {{"messageId", record.message_id}});
      unreadable.push_back(std::move(record.message_id));
      continue;
    }
    Item*& item = by_order[message->order];
    if (item == nullptr) {
      item = &items.emplace_back();
      item->order = message->order;
    }
    item->message_ids.push_back(std::move(record.message_id));
    item->receive_count = std::max(item->receive_count, record.receive_count);
  }
  return items;
}

/// Catches what the step throws: the other orders of the batch go on.
Task<void> work_on(Item& item, Stage stage, const SqsWork& work, const ReportError& report,
                   const bool& stopped) {
  Error error{ErrorCode::Unavailable, "not a std::exception"};
  std::string_view what = "a step of an order threw";
  try {
    auto result = co_await work.take_step(stage, item.order);
    item.done = result.has_value();
    if (item.done) co_return;
    error = std::move(result.error());
    what = "a step of an order could not be recorded";
  } catch (const std::exception& exception) {
    error.detail = exception.what();
  } catch (...) {
  }
  // Cancelled steps throw or return errors; the caller logs that once for all of them.
  if (stopped) co_return;
  report(what, error, {{"orderId", item.order.to_string()}});
  if (item.receive_count < work.deliveries_max) co_return;
  const auto given_up = co_await work.give_up(stage, item.order, std::move(error));
  item.done = given_up.has_value();
}

}  // namespace

Task<SqsBatchResult> run_sqs_batch(asio::any_io_executor executor, Timers& timers, Stage stage,
                                   SqsWork work, ReportError report, std::vector<SqsRecord> records,
                                   SteadyTime stop_at) {
  // The steps refer to locals of this coroutine, so a cancellation must not end it before them. It
  // ends in time by itself.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  SqsBatchResult result;
  std::deque<Item> items = sort_out(std::move(records), stage, report, result.failed);
  result.stopped = timers.now() >= stop_at;
  std::size_t running = result.stopped ? 0 : items.size();
  const std::unique_ptr<Timer> all_done = timers.make_timer();
  for (Item& item : items) {
    if (result.stopped) break;
    item.running = true;
    const auto finish = [&](const std::exception_ptr&) {
      item.running = false;
      if (--running == 0) all_done->cancel();
    };
    asio::co_spawn(executor, work_on(item, stage, work, report, result.stopped),
                   asio::bind_cancellation_slot(item.cancel.slot(), finish));
  }
  while (running > 0) {
    // Once stopped, the steps end soon: they were cancelled and wait for nothing.
    co_await all_done->wait_until(result.stopped ? SteadyTime::max() : stop_at);
    if (running == 0 || result.stopped) continue;
    result.stopped = true;
    for (Item& item : items) {
      if (item.running) item.cancel.emit(asio::cancellation_type::terminal);
    }
  }
  for (const Item& item : items) {
    if (item.done) continue;
    result.failed.insert(result.failed.end(), item.message_ids.begin(), item.message_ids.end());
  }
  co_return result;
}

}  // namespace orderflow
