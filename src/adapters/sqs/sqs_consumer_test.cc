#include "adapters/sqs/sqs_consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "adapters/sqs/nudge_message.h"
#include "support/scripted_sqs.h"

namespace orderflow::sqs {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using SqsCall = ScriptedSqs::SqsCall;

/// A queue for payments that hands out `waiting`, ten at a time, and holds a poll that finds none.
class SqsConsumerTest : public testing::Test {
 protected:
  SqsConsumerTest() {
    sqs.script = [this](const SqsCall& call) { return answer(call); };
  }
  ~SqsConsumerTest() override {
    release();
    run(io, consumer.stop());
  }

  ScriptedReply answer(const SqsCall& call) {
    if (call.action != "ReceiveMessage") return batch_reply(call);
    if (call.body.at("QueueUrl").as_string() != kUrls[0] || waiting.empty()) {
      return ScriptedReply::hang();
    }
    boost::json::array messages;
    while (!waiting.empty() && messages.size() < 10) {
      messages.push_back(waiting.front());
      waiting.erase(waiting.begin());
    }
    return ScriptedReply::answer(
        200, boost::json::serialize(boost::json::object{{"Messages", messages}}));
  }
  /// A message with the receipt "r<name>" that was delivered `count` times.
  void enqueue(std::string name, std::string body, int count = 1) {
    waiting.push_back({{"MessageId", name},
                       {"ReceiptHandle", "r" + name},
                       {"Body", body},
                       {"Attributes", {{"ApproximateReceiveCount", std::to_string(count)}}}});
  }
  void enqueue(std::uint8_t order, int count = 1) {
    enqueue(std::to_string(order),
            write_message({.stage = Stage::Payment, .order = order_id(order)}), count);
  }

  void start() {
    consumer.start(
        [this](Stage stage, OrderId id) { return work(stage, id); },
        [this](Stage, OrderId id, Error error) { return give_up(id, std::move(error)); });
  }
  Task<Result<void>> work(Stage stage, OrderId id) {
    EXPECT_EQ(stage, Stage::Payment);
    ++working;
    if (held) (void)co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
    --working;
    ++worked;
    if (failing.contains(id)) co_return failure(ErrorCode::Unavailable, "the store is down");
    co_return Result<void>();
  }
  Task<Result<void>> give_up(OrderId id, Error error) {
    given_up.push_back(id);
    if (cannot_park) co_return std::unexpected(std::move(error));
    co_return Result<void>();
  }
  void release() {
    held = false;
    gate.cancel();
  }
  template <typename Condition>
  void run_until(Condition condition) {
    orderflow::run_until(io, condition);
  }
  static std::vector<std::string> receipts_of(const SqsCall& call) {
    std::vector<std::string> receipts;
    for (std::size_t i = 0; i < call.entry_count(); ++i) {
      receipts.emplace_back(call.entry(i).at("ReceiptHandle").as_string());
    }
    return receipts;
  }

  asio::io_context io{1};
  ScriptedSqs sqs{io};
  TestIds ids{0.5};
  AwsClient client{io.get_executor(), sqs.settings()};
  std::vector<std::string> reports;
  SqsConsumer consumer{io.get_executor(),
                       client,
                       {.queue_urls = kUrls, .in_flight_max = 20, .deliveries_max = 5},
                       ids,
                       [this](std::string_view what, Stage, const Error& error) {
                         reports.push_back(std::string(what) + ": " + error.detail);
                       }};
  std::vector<boost::json::value> waiting;
  std::set<OrderId> failing;
  asio::steady_timer gate{io, std::chrono::steady_clock::time_point::max()};
  std::vector<OrderId> given_up;
  bool cannot_park = false;
  bool held = false;
  int working = 0;
  int worked = 0;
};

TEST_F(SqsConsumerTest, WaitsForMessagesOfEveryStageAsLongAsSqsAllows) {
  start();
  run_until([&] { return sqs.calls.size() == 3; });
  std::set<std::string> urls;
  for (const SqsCall& call : sqs.calls) {
    EXPECT_EQ(call.action, "ReceiveMessage");
    EXPECT_EQ(call.body.at("WaitTimeSeconds").as_int64(), 20);
    EXPECT_EQ(call.body.at("MaxNumberOfMessages").as_int64(), 10);
    urls.emplace(call.body.at("QueueUrl").as_string());
  }
  EXPECT_EQ(urls, std::set<std::string>(kUrls.begin(), kUrls.end()));
}

TEST_F(SqsConsumerTest, DeletesDoneMessagesInOneRequest) {
  for (std::uint8_t i = 0; i < 5; ++i) enqueue(i);
  start();
  run_until([&] { return !sqs.calls_of("DeleteMessageBatch").empty(); });
  EXPECT_THAT(receipts_of(sqs.calls_of("DeleteMessageBatch")[0]),
              ElementsAre("r0", "r1", "r2", "r3", "r4"));
  EXPECT_EQ(worked, 5);
  EXPECT_TRUE(sqs.calls_of("ChangeMessageVisibilityBatch").empty());
}

TEST_F(SqsConsumerTest, HidesAFailedMessageForLongerWithEachDelivery) {
  for (int i = 1; i <= 3; ++i) {
    enqueue(static_cast<std::uint8_t>(i), i == 3 ? 100 : i);  // the last one is given up in vain
    failing.insert(order_id(static_cast<std::uint8_t>(i)));
  }
  enqueue(9);
  cannot_park = true;
  start();
  run_until([&] { return !sqs.calls_of("ChangeMessageVisibilityBatch").empty(); });
  const SqsCall hidden = sqs.calls_of("ChangeMessageVisibilityBatch")[0];
  EXPECT_THAT(receipts_of(hidden), ElementsAre("r1", "r2", "r3"));
  EXPECT_EQ(hidden.entry(0).at("VisibilityTimeout").as_int64(), 1);    // half of 2
  EXPECT_EQ(hidden.entry(1).at("VisibilityTimeout").as_int64(), 2);    // half of 4
  EXPECT_EQ(hidden.entry(2).at("VisibilityTimeout").as_int64(), 150);  // half of the cap
  EXPECT_THAT(receipts_of(sqs.calls_of("DeleteMessageBatch")[0]), ElementsAre("r9"));
}

TEST_F(SqsConsumerTest, GivesUpWhatFailsOnItsLastDelivery) {
  enqueue(1, 4);
  enqueue(2, 5);
  failing = {order_id(1), order_id(2)};
  start();
  run_until([&] { return !sqs.calls_of("DeleteMessageBatch").empty(); });
  EXPECT_THAT(given_up, ElementsAre(order_id(2)));
  EXPECT_THAT(receipts_of(sqs.calls_of("DeleteMessageBatch")[0]), ElementsAre("r2"));
}

TEST_F(SqsConsumerTest, LeavesUnreadableMessagesForTheDeadLetterQueue) {
  enqueue("new", R"({"v":2})");
  enqueue(1);
  enqueue("odd", "secret@example.com");
  start();
  run_until([&] { return !sqs.calls_of("DeleteMessageBatch").empty(); });
  EXPECT_THAT(receipts_of(sqs.calls_of("DeleteMessageBatch")[0]), ElementsAre("r1"));
  run(io, consumer.stop());
  EXPECT_TRUE(sqs.calls_of("ChangeMessageVisibilityBatch").empty());
  EXPECT_THAT(reports, ElementsAre(HasSubstr("dead-letter"), HasSubstr("dead-letter")));
  for (const std::string& report : reports) EXPECT_THAT(report, Not(HasSubstr("secret")));
}

TEST_F(SqsConsumerTest, WorksOnABoundedNumberOfMessagesSideBySide) {
  held = true;
  for (std::uint8_t i = 0; i < 35; ++i) enqueue(i);
  start();
  run_until([&] { return working == 20; });
  EXPECT_EQ(waiting.size(), 15u) << "no more are received than may be worked on";
  release();
  run_until([&] { return worked == 35; });
}

TEST_F(SqsConsumerTest, ReportsAFailedDelete) {
  enqueue(1);
  sqs.script = [this](const SqsCall& call) {
    return call.action == "DeleteMessageBatch" ? batch_reply(call, {0}) : answer(call);
  };
  start();
  run_until([&] { return !reports.empty(); });
  EXPECT_THAT(reports[0], AllOf(HasSubstr("will be delivered again"), HasSubstr("InternalError")));
}

TEST_F(SqsConsumerTest, ReceivesAgainAfterAnError) {
  ids.jitter_value = 0.001;
  bool refused = false;
  sqs.script = [&](const SqsCall& call) {
    if (std::exchange(refused, true)) return answer(call);
    return ScriptedReply::answer(400, R"({"__type":"AccessDeniedException"})");
  };
  start();
  run_until([&] { return sqs.calls.size() == 4; });
  EXPECT_THAT(reports, ElementsAre(HasSubstr("AccessDenied")));
}

TEST_F(SqsConsumerTest, StopEndsLongPollsAndFinishesWhatIsInFlight) {
  held = true;
  enqueue(1);
  start();
  run_until([&] { return working == 1 && sqs.calls.size() == 4; });
  std::optional<bool> stopped;
  asio::co_spawn(io, keep(finish(consumer.stop()), stopped), asio::detached);
  bool turned = false;
  asio::steady_timer later(io, 20ms);
  later.async_wait([&](const auto&) { turned = true; });
  run_until([&] { return turned; });
  EXPECT_FALSE(stopped.has_value()) << "a message is still worked on";
  release();
  const auto begun = std::chrono::steady_clock::now();
  run_until([&] { return stopped.has_value(); });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(sqs.calls_of("DeleteMessageBatch").size(), 1u);
  EXPECT_EQ(sqs.calls_of("ReceiveMessage").size(), 4u);
}

}  // namespace
}  // namespace orderflow::sqs
