#include "apps/lambda/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <stdexcept>

#include "support/scripted_runtime_api.h"

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

class RuntimeTest : public testing::Test {
 protected:
  /// Serves the events of the script, then SIGTERM.
  int serve(const Function& function) {
    server_.start();
    RuntimeApi api(*Endpoint::parse(server_.url()));
    return serve_events(api, io_, log_, function);
  }
  static Task<InvocationResult> echo(const Invocation& invocation) { co_return invocation.event; }
  static Task<InvocationResult> refuse() {
    co_return std::unexpected(InvocationError{"InvalidEvent", "no \"good\""});
  }
  static Task<InvocationResult> throw_up() {
    throw std::runtime_error("a bug");
    co_return "";
  }
  Task<void> sleep(steady_clock::duration time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(asio::use_awaitable);
  }
  Task<InvocationResult> sleep_then_echo(const Invocation& invocation,
                                         steady_clock::duration time) {
    co_await sleep(time);
    co_return invocation.event;
  }
  Task<InvocationResult> ignore_cancel(const Invocation& invocation) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sleep(10min);
    co_return invocation.event;
  }
  std::vector<std::string> paths() {
    std::vector<std::string> paths;
    for (const auto& post : server_.posts()) paths.push_back(post.path);
    return paths;
  }

  asio::io_context io_{1};
  std::vector<std::string> lines_;
  Log log_{"staging", "order-status", [this](std::string_view line) { lines_.emplace_back(line); }};
  ScriptedRuntimeApi server_;
};

TEST_F(RuntimeTest, AnswersEveryEventOnOneConnectionAndStopsAtSigterm) {
  server_.add({.request_id = "r-1", .body = "{\"a\":1}"});
  server_.add({.request_id = "r-2", .body = std::string(3'000'000, 'x')});
  EXPECT_EQ(serve(echo), 0);
  ASSERT_THAT(paths(), ElementsAre("/2018-06-01/runtime/invocation/r-1/response",
                                   "/2018-06-01/runtime/invocation/r-2/response"));
  EXPECT_EQ(server_.posts()[0].body, "{\"a\":1}");
  EXPECT_EQ(server_.posts()[1].body.size(), 3'000'000u);
  EXPECT_EQ(server_.connections(), 1);
  EXPECT_EQ(lines_.size(), 2u);
}

TEST_F(RuntimeTest, PassesOnTheDeadlineAndTheTraceId) {
  server_.add({.request_id = "r-1", .trace_id = "Root=1-abc;Sampled=1", .time = 20s});
  server_.add({.request_id = "r-2"});
  std::vector<std::string> trace_ids;
  serve([&](const Invocation& invocation) {
    const char* const trace_id = std::getenv("_X_AMZN_TRACE_ID");
    trace_ids.emplace_back(trace_id ? trace_id : "none");
    if (trace_ids.size() == 1) {
      EXPECT_LT(invocation.deadline - steady_clock::now(), 20s + 50ms);
      EXPECT_GT(invocation.deadline - steady_clock::now(), 10s);
    }
    return echo(invocation);
  });
  EXPECT_THAT(trace_ids, ElementsAre("Root=1-abc;Sampled=1", "none"));
}

TEST_F(RuntimeTest, AnErrorAndAnExceptionFailTheirInvocationAlone) {
  for (const char* id : {"r-1", "r-2", "r-3"}) server_.add({.request_id = id});
  int count = 0;
  EXPECT_EQ(serve([&](const Invocation& invocation) {
              ++count;
              return count == 1 ? refuse() : count == 2 ? throw_up() : echo(invocation);
            }),
            0);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("r-1/error"), HasSubstr("r-2/error"),
                                   HasSubstr("r-3/response")));
  EXPECT_EQ(server_.posts()[0].body,
            R"({"errorMessage":"no \"good\"","errorType":"InvalidEvent","stackTrace":[]})");
  EXPECT_EQ(server_.posts()[0].error_type, "orderflow.InvalidEvent");
  EXPECT_THAT(server_.posts()[1].body, HasSubstr("a bug"));
}

TEST_F(RuntimeTest, AFreezeThatClosesTheConnectionCostsNothing) {
  server_.add({.request_id = "r-1", .close_after_post = true});
  server_.add({.request_id = "r-2", .close_after_event = true});
  server_.add({.request_id = "r-3"});
  EXPECT_EQ(serve(echo), 0);
  EXPECT_EQ(paths().size(), 3u);
  EXPECT_EQ(server_.connections(), 3);
}

TEST_F(RuntimeTest, AnAnswerThatIsTooLargeBecomesAnError) {
  server_.add({.request_id = "r-1", .post_status = 413});
  EXPECT_EQ(serve(echo), 0);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("r-1/response"), HasSubstr("r-1/error")));
}

TEST_F(RuntimeTest, AnAnswerThatTheServiceRefusesIsDropped) {
  server_.add({.request_id = "r-1", .post_status = 400});
  server_.add({.request_id = "r-2"});
  EXPECT_EQ(serve(echo), 0);
  EXPECT_EQ(paths().size(), 2u);
}

TEST_F(RuntimeTest, ExitsWhereTheServiceAsksForIt) {
  server_.add({.request_id = "r-1", .post_status = 500});
  EXPECT_EQ(serve(echo), 1);
}

TEST_F(RuntimeTest, ExitsWhereTheServiceCannotBeReached) {
  RuntimeApi api(*Endpoint::parse("http://127.0.0.1:1"));
  EXPECT_EQ(serve_events(api, io_, log_, echo), 1);
  EXPECT_THAT(lines_.at(0), HasSubstr("cannot be reached"));
}

TEST_F(RuntimeTest, NothingIsUnfinishedWhenTheAnswerIsPosted) {
  std::atomic<bool> finished = false;
  server_.on_post([&] { EXPECT_TRUE(finished); });
  server_.add({.request_id = "r-1"});
  const auto later = std::make_shared<asio::steady_timer>(io_);
  serve([&](const Invocation& invocation) {
    later->expires_after(30ms);
    later->async_wait([&](const boost::system::error_code&) { finished = true; });
    return echo(invocation);
  });
  EXPECT_EQ(paths().size(), 1u);
}

TEST_F(RuntimeTest, AnInvocationThatReachesTheMarginIsCancelledAndTheNextOneIsServed) {
  server_.add({.request_id = "r-1", .time = kCancelMargin + 50ms});
  server_.add({.request_id = "r-2", .time = 60s});
  bool first = true;
  EXPECT_EQ(serve([&](const Invocation& invocation) {
              return std::exchange(first, false) ? sleep_then_echo(invocation, 10min)
                                                 : echo(invocation);
            }),
            0);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("r-1/error"), HasSubstr("r-2/response")));
  EXPECT_EQ(server_.posts()[0].error_type, "orderflow.Timeout");
}

TEST_F(RuntimeTest, AnInvocationThatCannotBeCancelledEndsTheProcess) {
  server_.add({.request_id = "r-1", .time = kCancelMargin + 50ms});
  server_.add({.request_id = "r-2"});
  EXPECT_EQ(serve([this](const Invocation& invocation) { return ignore_cancel(invocation); }), 1);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("r-1/error")));
}

TEST_F(RuntimeTest, ASignalDuringAnInvocationTakesEffectAfterItsAnswer) {
  server_.add({.request_id = "r-1"});
  server_.add({.request_id = "r-2"});
  EXPECT_EQ(serve([](const Invocation& invocation) {
              ::kill(::getpid(), SIGTERM);
              return echo(invocation);
            }),
            0);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("r-1/response")));
}

TEST_F(RuntimeTest, AnErrorBeforeTheFirstEventIsPosted) {
  server_.start();
  RuntimeApi api(*Endpoint::parse(server_.url()));
  EXPECT_EQ(api.post_init_error({"Configuration", "ORDERFLOW_ORDERS_TABLE is not set"}),
            PostOutcome::Accepted);
  EXPECT_THAT(paths(), ElementsAre("/2018-06-01/runtime/init/error"));
  EXPECT_EQ(server_.posts()[0].error_type, "orderflow.Configuration");
}

}  // namespace
}  // namespace orderflow::lambda
