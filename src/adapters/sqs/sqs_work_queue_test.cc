#include "adapters/sqs/sqs_work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/sqs/nudge_message.h"
#include "support/scripted_sqs.h"

namespace orderflow::sqs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using SqsCall = ScriptedSqs::SqsCall;

class SqsWorkQueueTest : public testing::Test {
 protected:
  SqsWorkQueueTest() {
    sqs.script = [](const SqsCall& call) { return batch_reply(call); };
  }

  /// Nudges orders 0 to `count` - 1 in one turn of the event loop; how each went.
  std::vector<Result<void>> nudge_all(std::uint8_t count, Duration delay = 0ms) {
    std::vector<Task<Result<void>>> nudges;
    for (std::uint8_t i = 0; i < count; ++i) {
      nudges.push_back(queue.nudge(Stage::Payment, order_id(i), delay));
    }
    return run_all(io, std::move(nudges));
  }
  static std::vector<std::string> messages_of(const SqsCall& call) {
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < call.entry_count(); ++i) {
      messages.emplace_back(call.entry(i).at("MessageBody").as_string());
    }
    return messages;
  }
  static std::string message(std::uint8_t order) {
    return write_message({.stage = Stage::Payment, .order = order_id(order)});
  }
  static bool all_sent(const std::vector<Result<void>>& results) {
    return std::ranges::all_of(results, [](const auto& result) { return result.has_value(); });
  }

  boost::asio::io_context io{1};
  ScriptedSqs sqs{io};
  TestIds ids{0.5};
  AwsClient client{io.get_executor(), sqs.settings()};
  SqsWorkQueue queue{io.get_executor(), client, kUrls, ids, {.send_within = 300ms}};
};

TEST_F(SqsWorkQueueTest, SendsTheNudgesOfOneTurnInRequestsOfTen) {
  EXPECT_TRUE(all_sent(nudge_all(23)));
  ASSERT_EQ(sqs.calls.size(), 3u);
  std::vector<std::size_t> sizes;
  for (const SqsCall& call : sqs.calls) {
    EXPECT_EQ(call.action, "SendMessageBatch");
    EXPECT_EQ(call.body.at("QueueUrl").as_string(), kUrls[0]);
    sizes.push_back(call.entry_count());
  }
  std::ranges::sort(sizes);
  EXPECT_THAT(sizes, ElementsAre(3, 10, 10));
}

TEST_F(SqsWorkQueueTest, SendsAgainOnlyTheEntriesThatFailed) {
  sqs.script = [this](const SqsCall& call) {
    return sqs.calls.size() == 1 ? batch_reply(call, {1, 3}) : batch_reply(call);
  };
  EXPECT_TRUE(all_sent(nudge_all(5)));
  ASSERT_EQ(sqs.calls.size(), 2u);
  EXPECT_THAT(messages_of(sqs.calls[1]), ElementsAre(message(1), message(3)));
}

TEST_F(SqsWorkQueueTest, SendsEntriesAgainThatTheAnswerDoesNotName) {
  sqs.script = [this](const SqsCall& call) {
    if (sqs.calls.size() > 1) return batch_reply(call);
    return ScriptedReply::answer(200, R"({"Successful":[{"Id":"0"},{"Id":"77"},{"Id":"x"}]})");
  };
  EXPECT_TRUE(all_sent(nudge_all(2)));
  ASSERT_EQ(sqs.calls.size(), 2u);
  EXPECT_THAT(messages_of(sqs.calls[1]), ElementsAre(message(1)));
}

TEST_F(SqsWorkQueueTest, FailsOnlyTheNudgeThatSqsDoesNotTakeInTime) {
  sqs.script = [](const SqsCall& call) {
    const auto messages = messages_of(call);
    const auto at = std::ranges::find(messages, message(2)) - messages.begin();
    return batch_reply(call, {static_cast<std::size_t>(at)});
  };
  const auto results = nudge_all(4);
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].has_value(), i != 2) << i;
  EXPECT_EQ(results[2].error().code, ErrorCode::Unavailable);
  EXPECT_THAT(results[2].error().detail, testing::HasSubstr("InternalError"));
  EXPECT_GT(sqs.calls.size(), 2u);
}

TEST_F(SqsWorkQueueTest, TellsWhichNudgesAreLost) {
  std::vector<OrderId> lost;
  queue.notify_lost([&](const OrderId& id, const Error& error) {
    lost.push_back(id);
    EXPECT_EQ(error.code, ErrorCode::Timeout);
  });
  EXPECT_TRUE(all_sent(nudge_all(2)));
  EXPECT_THAT(lost, testing::IsEmpty());
  sqs.script = [](const SqsCall&) { return ScriptedReply::hang(); };
  (void)nudge_all(2);
  EXPECT_THAT(lost, testing::UnorderedElementsAre(order_id(0), order_id(1)));
}

TEST_F(SqsWorkQueueTest, DoesNotSendAgainAfterASenderFault) {
  sqs.script = [](const SqsCall& call) { return batch_reply(call, {0}, true); };
  const auto results = nudge_all(2);
  EXPECT_FALSE(results[0].has_value());
  EXPECT_TRUE(results[1].has_value());
  EXPECT_EQ(sqs.calls.size(), 1u);
}

TEST_F(SqsWorkQueueTest, FailsEveryNudgeOfABatchThatIsRefused) {
  sqs.script = [](const SqsCall&) {
    return ScriptedReply::answer(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})");
  };
  for (const auto& result : nudge_all(3)) {
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().detail, testing::HasSubstr("QueueDoesNotExist"));
  }
}

TEST_F(SqsWorkQueueTest, FailsEveryNudgeOfABatchWhoseAnswerCannotBeRead) {
  sqs.script = [](const SqsCall&) { return ScriptedReply::answer(200, "<html>"); };
  for (const auto& result : nudge_all(2)) EXPECT_FALSE(result.has_value());
}

TEST_F(SqsWorkQueueTest, RoundsADelayUpToSecondsAndLimitsItToFifteenMinutes) {
  const std::vector<std::pair<Duration, int>> cases = {
      {1ms, 1}, {1000ms, 1}, {1001ms, 2}, {900s, 900}, {3h, 900}};
  for (const auto& [delay, seconds] : cases) {
    EXPECT_TRUE(all_sent(nudge_all(1, delay)));
    EXPECT_EQ(sqs.calls.back().entry(0).at("DelaySeconds").as_int64(), seconds);
  }
  EXPECT_TRUE(all_sent(nudge_all(1, -5s)));
  EXPECT_FALSE(sqs.calls.back().entry(0).contains("DelaySeconds"));
}

TEST_F(SqsWorkQueueTest, GathersForTheSetTimeUnlessTheBatchIsFull) {
  SqsWorkQueue patient{io.get_executor(), client, kUrls, ids, {.gather_for = 50ms}};
  std::vector<Task<Result<void>>> nudges;
  nudges.push_back(patient.nudge(Stage::Payment, order_id(1), 0ms));
  std::optional<Result<void>> first;
  boost::asio::co_spawn(io, keep(std::move(nudges.front()), first), boost::asio::detached);
  boost::asio::steady_timer later(io, 10ms);
  bool passed = false;
  later.async_wait([&](const auto&) { passed = true; });
  run_until(io, [&] { return passed; });
  EXPECT_TRUE(sqs.calls.empty());
  EXPECT_TRUE(run(io, patient.nudge(Stage::Payment, order_id(2), 0ms)).has_value());
  run_until(io, [&] { return first.has_value(); });
  ASSERT_EQ(sqs.calls.size(), 1u);
  EXPECT_THAT(messages_of(sqs.calls[0]), ElementsAre(message(1), message(2)));

  SqsWorkQueue endless{io.get_executor(), client, kUrls, ids, {.gather_for = 24h}};
  std::vector<Task<Result<void>>> full;
  for (std::uint8_t i = 0; i < 10; ++i) {
    full.push_back(endless.nudge(Stage::Payment, order_id(i), 0ms));
  }
  EXPECT_TRUE(all_sent(run_all(io, std::move(full))));
}

TEST_F(SqsWorkQueueTest, WaitsForNoMoreNudgesThanAreExpected) {
  SqsWorkQueue endless{io.get_executor(), client, kUrls, ids, {.gather_for = 24h}};
  endless.expect(1);
  EXPECT_TRUE(run(io, endless.nudge(Stage::Payment, order_id(1), 0ms)).has_value());
  endless.expect(2);
  std::vector<Task<Result<void>>> two;
  for (std::uint8_t i = 2; i < 4; ++i)
    two.push_back(endless.nudge(Stage::Payment, order_id(i), 0ms));
  EXPECT_TRUE(all_sent(run_all(io, std::move(two))));
  ASSERT_EQ(sqs.calls.size(), 2u);
  EXPECT_THAT(messages_of(sqs.calls[0]), ElementsAre(message(1)));
  EXPECT_THAT(messages_of(sqs.calls[1]), ElementsAre(message(2), message(3)));
}

TEST_F(SqsWorkQueueTest, ReturnsTheDepthsOfAllQueues) {
  const std::string redrive =
      R"(,"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:1:dead\"}")";
  const std::string dead_depth =
      R"({"Attributes":{"ApproximateNumberOfMessages":"7",)"
      R"("ApproximateNumberOfMessagesNotVisible":"1","ApproximateNumberOfMessagesDelayed":"0"}})";
  const std::string dead = kUrls[0].substr(0, kUrls[0].rfind('/') + 1) + "dead";
  sqs.script = [&](const SqsCall& call) {
    const auto url = call.body.at("QueueUrl").as_string();
    if (url == dead) return ScriptedReply::answer(200, dead_depth);
    const bool payment = url == kUrls[0];
    return ScriptedReply::answer(200,
                                 std::string(R"({"Attributes":{"ApproximateNumberOfMessages":")") +
                                     (payment ? "12" : "0") +
                                     R"(","ApproximateNumberOfMessagesNotVisible":"3",)"
                                     R"("ApproximateNumberOfMessagesDelayed":"4")" +
                                     (payment ? redrive : "") + "}}");
  };
  const auto depths = run(io, queue.depths());
  ASSERT_TRUE(depths.has_value());
  ASSERT_EQ(depths->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*depths)[i].stage, static_cast<Stage>(i));
  EXPECT_EQ((*depths)[0].ready, 12);
  EXPECT_EQ((*depths)[1].ready, 0);
  EXPECT_EQ((*depths)[2].in_flight, 3);
  EXPECT_EQ((*depths)[2].delayed, 4);
  EXPECT_EQ((*depths)[0].oldest_age, std::nullopt) << "SQS does not say it";
  EXPECT_EQ((*depths)[0].dead_letters, 8);
  EXPECT_EQ((*depths)[1].dead_letters, 0) << "it has no such queue";
}

TEST_F(SqsWorkQueueTest, DoesNotKnowTheDeadLettersOfAQueueThatCannotBeAsked) {
  const std::string depth =
      R"({"Attributes":{"ApproximateNumberOfMessages":"1","ApproximateNumberOfMessagesNotVisible":"0",)"
      R"("ApproximateNumberOfMessagesDelayed":"0",)"
      R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:1:dead\"}"}})";
  sqs.script = [&](const SqsCall& call) {
    const bool dead = call.body.at("QueueUrl").as_string().ends_with("/dead");
    return dead ? ScriptedReply::answer(403, "{}") : ScriptedReply::answer(200, depth);
  };
  const auto depths = run(io, queue.depths());
  ASSERT_TRUE(depths.has_value());
  EXPECT_EQ((*depths)[0].ready, 1);
  EXPECT_EQ((*depths)[0].dead_letters, std::nullopt);
}

TEST_F(SqsWorkQueueTest, RefusesDepthsThatCannotBeRead) {
  for (const char* body : {"{}", R"({"Attributes":{"ApproximateNumberOfMessages":"many"}})", "["}) {
    sqs.script = [body](const SqsCall&) { return ScriptedReply::answer(200, body); };
    EXPECT_FALSE(run(io, queue.depths()).has_value()) << body;
  }
}

}  // namespace
}  // namespace orderflow::sqs
