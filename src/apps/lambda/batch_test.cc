#include "apps/lambda/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "adapters/sqs/nudge_message.h"
#include "support/ports.h"
#include "support/run.h"

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

SqsRecord record(std::string message_id, OrderId id, Stage stage = Stage::Payment) {
  return {std::move(message_id), sqs::write_message({stage, id})};
}

class BatchTest : public testing::Test {
 protected:
  std::vector<std::string> run_batch(std::vector<SqsRecord> records,
                                     steady_clock::time_point stop_at = steady_clock::now() + 60s) {
    Batch batch(io_.get_executor(), log_, Stage::Payment, [this](OrderId id) { return work(id); });
    return run(io_, batch.run(std::move(records), stop_at));
  }

  /// Notes the order; then fails, throws or takes long, as the test says.
  Task<Result<void>> work(OrderId id) {
    worked_on_.push_back(id);
    together_max_ = std::max(together_max_, ++together_);
    asio::steady_timer timer(io_, takes_[id]);
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    --together_;
    if (cancelled) co_return failure(ErrorCode::Timeout, "cancelled");
    if (throws_ == id) throw std::runtime_error("a bug");
    if (fails_ == id) co_return failure(ErrorCode::Unavailable, "the store is down");
    co_return Result<void>();
  }

  asio::io_context io_;
  std::vector<std::string> lines_;
  Log log_{"payment-processor", [this](std::string_view line) { lines_.emplace_back(line); }};
  std::map<OrderId, std::chrono::milliseconds> takes_;
  std::optional<OrderId> throws_;
  std::optional<OrderId> fails_;
  std::vector<OrderId> worked_on_;
  int together_ = 0;
  int together_max_ = 0;
};

TEST_F(BatchTest, NothingFailsWhereAllIsWell) {
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(2))}), IsEmpty());
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1), order_id(2)));
  EXPECT_THAT(run_batch({}), IsEmpty());
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(BatchTest, AllRecordsAreInFlightTogether) {
  std::vector<SqsRecord> records;
  for (std::uint8_t i = 0; i < 10; ++i) {
    takes_[order_id(i)] = 5ms;
    records.push_back(record(std::string(1, static_cast<char>('a' + i)), order_id(i)));
  }
  run_batch(std::move(records));
  EXPECT_EQ(together_max_, 10);
}

TEST_F(BatchTest, AnErrorFailsItsRecordAlone) {
  fails_ = order_id(2);
  EXPECT_THAT(
      run_batch({record("a", order_id(1)), record("b", order_id(2)), record("c", order_id(3))}),
      ElementsAre("b"));
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], testing::HasSubstr(order_id(2).to_string()));
}

TEST_F(BatchTest, AnExceptionFailsItsRecordAlone) {
  throws_ = order_id(2);
  EXPECT_THAT(
      run_batch({record("a", order_id(1)), record("b", order_id(2)), record("c", order_id(3))}),
      ElementsAre("b"));
  EXPECT_EQ(worked_on_.size(), 3u);
}

TEST_F(BatchTest, WhatCanNotBeReadFailsAlone) {
  const auto failed = run_batch({
      {"not-json", "hello"},
      {"no-body", ""},
      {"version", R"({"v":2,"stage":"payment","orderId":"019ac0de-0000-7000-8000-000000000001"})"},
      {"stage", R"({"v":1,"stage":"gift-wrap","orderId":"019ac0de-0000-7000-8000-000000000001"})"},
      {"order", R"({"v":1,"stage":"payment"})"},
      record("other-queue", order_id(1), Stage::Inventory),
      record("good", order_id(2)),
  });
  EXPECT_THAT(failed, UnorderedElementsAre("not-json", "no-body", "version", "stage", "order",
                                           "other-queue"));
  EXPECT_THAT(worked_on_, ElementsAre(order_id(2)));
}

TEST_F(BatchTest, ADoubledMessageIsWorkedOnOnce) {
  fails_ = order_id(2);
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("a", order_id(1)),
                         record("b", order_id(2)), record("b", order_id(2))}),
              ElementsAre("b"));
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1), order_id(2)));
}

TEST_F(BatchTest, AnOrderInTwoMessagesIsWorkedOnOnceAndBothShareTheOutcome) {
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(1))}), IsEmpty());
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1)));
  fails_ = order_id(1);
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(1))}),
              ElementsAre("a", "b"));
}

TEST_F(BatchTest, StopsBeforeTheDeadlineAndReturnsTheRest) {
  takes_[order_id(2)] = 10min;
  takes_[order_id(3)] = 10min;
  const auto start = steady_clock::now();
  EXPECT_THAT(
      run_batch({record("a", order_id(1)), record("b", order_id(2)), record("c", order_id(3))},
                start + 30ms),
      ElementsAre("b", "c"));
  EXPECT_LT(steady_clock::now() - start, 30s);
  EXPECT_EQ(together_, 0) << "what was cancelled has ended";
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(BatchTest, StartsNothingAfterTheDeadline) {
  EXPECT_THAT(run_batch({record("a", order_id(1))}, steady_clock::now() - 1ms), ElementsAre("a"));
  EXPECT_THAT(worked_on_, IsEmpty());
}

std::string error_type(std::string_view event) {
  const auto records = read_sqs_event(event);
  return records ? "" : records.error().type;
}

TEST(SqsEventTest, ReadsRecords) {
  const auto records = read_sqs_event(R"({"Records":[
      {"messageId":"m-1","receiptHandle":"h","body":"one","attributes":{},"messageAttributes":{},
       "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:payment"},
      {"messageId":"m-2","eventSource":"aws:sqs"}]})");
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].message_id, "m-1");
  EXPECT_EQ((*records)[0].body, "one");
  EXPECT_EQ((*records)[1].body, "");
  EXPECT_TRUE(read_sqs_event(R"({"Records":[]})")->empty());
}

TEST(SqsEventTest, WhatIsNoBatchOfSqsFailsAsAWhole) {
  for (const std::string_view event :
       {"", "null", "{}", "[]", R"({"Records":{}})", R"({"records":[]})", R"({"Records":[null]})",
        R"({"Records":[{"messageId":"a","eventSource":"aws:sns","body":""}]})",
        R"({"rawPath":"/orders"})"}) {
    EXPECT_EQ(error_type(event), "InvalidEvent") << event;
  }
}

TEST(SqsEventTest, ARecordWithoutMessageIdFailsTheBatch) {
  for (const std::string_view event :
       {R"({"Records":[{"messageId":"a","eventSource":"aws:sqs"},{"eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":"","eventSource":"aws:sqs"}]})",
        R"({"Records":[{"messageId":7,"eventSource":"aws:sqs"}]})"}) {
    EXPECT_EQ(error_type(event), "InvalidEvent") << event;
  }
}

TEST(SqsEventTest, AnswersWithTheFailures) {
  const std::vector<std::string> failed{"a", "b"};
  EXPECT_EQ(batch_response(failed),
            R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]})");
  EXPECT_EQ(batch_response({}), R"({"batchItemFailures":[]})");
}

}  // namespace
}  // namespace orderflow::lambda
