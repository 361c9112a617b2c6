#include "adapters/sqs/sqs_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "adapters/sqs/nudge_message.h"
#include "adapters/system/system_timers.h"
#include "support/ports.h"
#include "support/run.h"

namespace orderflow {
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

class SqsBatchTest : public testing::Test {
 protected:
  std::vector<std::string> run_batch(std::vector<SqsRecord> records,
                                     steady_clock::time_point stop_at = steady_clock::now() + 60s) {
    SqsWork steps{
        .take_step = [this](Stage, OrderId id) { return work(id); },
        .give_up = [this](Stage, OrderId id, Error error) { return give_up(id, std::move(error)); },
        .deliveries_max = 5};
    auto result =
        run(io_, run_sqs_batch(
                     io_.get_executor(), timers_, Stage::Payment, std::move(steps),
                     [this](std::string_view message, const Error& error, LogFields fields) {
                       std::string line(message);
                       line += ": " + error.detail;
                       for (const LogField& field : fields) {
                         line.append(" ").append(std::get<std::string_view>(field.value));
                       }
                       lines_.push_back(line);
                     },
                     std::move(records), stop_at));
    stopped_ = result.stopped;
    return std::move(result.failed);
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

  Task<Result<void>> give_up(OrderId id, Error error) {
    given_up_.push_back(id.to_string() + ": " + error.detail);
    if (cannot_park_) co_return std::unexpected(std::move(error));
    co_return Result<void>();
  }

  asio::io_context io_;
  std::vector<std::string> lines_;
  SystemTimers timers_{io_.get_executor()};
  bool stopped_ = false;
  std::map<OrderId, std::chrono::milliseconds> takes_;
  std::optional<OrderId> throws_;
  std::optional<OrderId> fails_;
  std::vector<OrderId> worked_on_;
  std::vector<std::string> given_up_;
  bool cannot_park_ = false;
  int together_ = 0;
  int together_max_ = 0;
};

TEST_F(SqsBatchTest, NothingFailsWhereAllIsWell) {
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(2))}), IsEmpty());
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1), order_id(2)));
  EXPECT_THAT(run_batch({}), IsEmpty());
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(SqsBatchTest, AllRecordsAreInFlightTogether) {
  std::vector<SqsRecord> records;
  for (std::uint8_t i = 0; i < 10; ++i) {
    takes_[order_id(i)] = 5ms;
    records.push_back(record(std::string(1, static_cast<char>('a' + i)), order_id(i)));
  }
  run_batch(std::move(records));
  EXPECT_EQ(together_max_, 10);
}

TEST_F(SqsBatchTest, AnErrorOrAnExceptionFailsItsRecordAlone) {
  for (std::optional<OrderId>* broken : {&fails_, &throws_}) {
    fails_ = throws_ = std::nullopt;
    *broken = order_id(2);
    lines_.clear();
    worked_on_.clear();
    EXPECT_THAT(
        run_batch({record("a", order_id(1)), record("b", order_id(2)), record("c", order_id(3))}),
        ElementsAre("b"));
    EXPECT_EQ(worked_on_.size(), 3u);
    EXPECT_THAT(lines_, ElementsAre(testing::HasSubstr(order_id(2).to_string())));
  }
}

TEST_F(SqsBatchTest, AnOrderThatFailsOnItsLastDeliveryIsGivenUp) {
  const auto delivered = [](int count) {
    std::vector<SqsRecord> records{record("a", order_id(1)), record("b", order_id(2))};
    for (SqsRecord& one : records) one.receive_count = count;
    return records;
  };
  fails_ = order_id(2);
  EXPECT_THAT(run_batch(delivered(4)), ElementsAre("b"));
  EXPECT_THAT(given_up_, IsEmpty());
  EXPECT_THAT(run_batch(delivered(5)), IsEmpty());
  EXPECT_THAT(given_up_, ElementsAre(order_id(2).to_string() + ": the store is down"));
  cannot_park_ = true;
  EXPECT_THAT(run_batch(delivered(6)), ElementsAre("b")) << "for the dead-letter queue";
  fails_.reset();
  throws_ = order_id(1);
  cannot_park_ = false;
  EXPECT_THAT(run_batch(delivered(5)), IsEmpty());
  EXPECT_EQ(given_up_.back(), order_id(1).to_string() + ": a bug");
}

TEST_F(SqsBatchTest, WhatCannotBeReadFailsAlone) {
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

TEST_F(SqsBatchTest, ADoubledMessageIsWorkedOnOnce) {
  fails_ = order_id(2);
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("a", order_id(1)),
                         record("b", order_id(2)), record("b", order_id(2))}),
              ElementsAre("b"));
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1), order_id(2)));
}

TEST_F(SqsBatchTest, AnOrderInTwoMessagesIsWorkedOnOnceAndBothShareTheOutcome) {
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(1))}), IsEmpty());
  EXPECT_THAT(worked_on_, ElementsAre(order_id(1)));
  fails_ = order_id(1);
  EXPECT_THAT(run_batch({record("a", order_id(1)), record("b", order_id(1))}),
              ElementsAre("a", "b"));
}

TEST_F(SqsBatchTest, StopsBeforeTheDeadlineAndReturnsTheRest) {
  takes_[order_id(2)] = 10min;
  takes_[order_id(3)] = 10min;
  const auto start = steady_clock::now();
  EXPECT_THAT(
      run_batch({record("a", order_id(1)), record("b", order_id(2)), record("c", order_id(3))},
                start + 30ms),
      ElementsAre("b", "c"));
  EXPECT_LT(steady_clock::now() - start, 30s);
  EXPECT_EQ(together_, 0) << "what was cancelled has ended";
  EXPECT_TRUE(stopped_);
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(SqsBatchTest, StartsNothingAfterTheDeadline) {
  EXPECT_THAT(run_batch({record("a", order_id(1))}, steady_clock::now() - 1ms), ElementsAre("a"));
  EXPECT_THAT(worked_on_, IsEmpty());
}

}  // namespace
}  // namespace orderflow
