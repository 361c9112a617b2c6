#include "apps/lambda/batch.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "adapters/sqs/nudge_message.h"

namespace orderflow::lambda {

namespace asio = boost::asio;
using std::chrono::steady_clock;

Batch::Batch(asio::any_io_executor executor, Log& log, Stage stage, ProcessOrder process)
    : log_(log), stage_(stage), process_(std::move(process)), stop_timer_(std::move(executor)) {}

Task<std::vector<std::string>> Batch::run(std::vector<SqsRecord> records,
                                          steady_clock::time_point stop_at) {
  // Whoever cancels this task would leave the items without it. It ends in time by itself.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  sort_out(std::move(records));
  if (steady_clock::now() < stop_at) {
    for (Item& item : items_) start(item);
  } else {
    stopped_ = true;
  }
  stop_timer_.expires_at(stop_at);
  while (running_ > 0) {
    const auto [woken] = co_await stop_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (woken) continue;
    stop_all();
    stop_timer_.expires_at(steady_clock::time_point::max());
  }
  auto failed = failed_message_ids();
  if (stopped_) {
    log_.warn("stopped before the deadline; what is left comes again",
              {{"failed", static_cast<std::int64_t>(failed.size())}});
  }
  co_return failed;
}

/// One item an order; what can not be worked on fails here.
void Batch::sort_out(std::vector<SqsRecord> records) {
  std::set<std::string, std::less<>> seen;
  std::map<OrderId, Item*> by_order;
  for (SqsRecord& record : records) {
    if (!seen.insert(record.message_id).second) continue;
    auto message = sqs::read_message(record.body);
    if (message && message->stage != stage_) {
      message = failure(ErrorCode::InvalidInput, "the message is for another queue");
    }
    if (!message) {
      log_.error("a message can not be read", message.error(), {{"messageId", record.message_id}});
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

void Batch::start(Item& item) {
  item.running = true;
  ++running_;
  const auto finish = [this, &item](const std::exception_ptr&) {
    item.running = false;
    if (--running_ == 0) stop_timer_.cancel();
  };
  asio::co_spawn(stop_timer_.get_executor(), work_on(item),
                 asio::bind_cancellation_slot(item.cancel.slot(), finish));
}

/// The guard round an order: whatever comes out of it, its neighbours go on.
Task<void> Batch::work_on(Item& item) {
  std::string thrown;
  try {
    const auto result = co_await process_(item.order);
    item.done = result.has_value();
    if (!result && !stopped_) {
      log_.error("a step of an order could not be recorded", result.error(),
                 {{"orderId", item.order.to_string()}});
    }
    co_return;
  } catch (const std::exception& exception) {
    thrown = exception.what();
  } catch (...) {
    thrown = "not a std::exception";
  }
  // Being cancelled throws as well, and is told once for all of them.
  if (stopped_) co_return;
  log_.error("a step of an order threw",
             {{"orderId", item.order.to_string()}, {"detail", std::string_view(thrown)}});
}

void Batch::stop_all() {
  stopped_ = true;
  for (Item& item : items_) {
    if (item.running) item.cancel.emit(asio::cancellation_type::terminal);
  }
}

std::vector<std::string> Batch::failed_message_ids() const {
  std::vector<std::string> failed = unreadable_;
  for (const Item& item : items_) {
    if (!item.done) failed.insert(failed.end(), item.message_ids.begin(), item.message_ids.end());
  }
  return failed;
}

}  // namespace orderflow::lambda
