#include "apps/lambda/function_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "adapters/sqs/message.h"
#include "api/routes.h"
#include "apps/lambda/counted_order_store.h"
#include "base/json_writer.h"
#include "support/run.h"
#include "support/test_shop.h"

namespace orderflow::lambda {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kOrder =
    R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":2}]})";

std::string http_event(std::string_view method, std::string_view path, std::string_view body = {},
                       std::string_view token = {}) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().member("version", "2.0").member("rawPath", path).member("rawQueryString", "");
  json.key("headers").begin_object().member("content-type", "application/json");
  if (!token.empty()) json.member("authorization", "Bearer " + std::string(token));
  json.end_object().key("requestContext").begin_object().member("stage", "$default");
  json.key("http").begin_object().member("method", method).end_object().end_object();
  if (!body.empty()) json.member("body", body);
  json.member("isBase64Encoded", false).end_object();
  return event;
}

std::string nudge_event(Stage stage, OrderId id) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().key("Records").begin_array().begin_object();
  json.member("messageId", "m-1").member("eventSource", "aws:sqs");
  json.member("body", sqs::write_message({stage, id}));
  json.end_object().end_array().end_object();
  return event;
}

/// As main.cc puts it together, with ports that are no AWS.
class FunctionTableTest : public testing::Test, protected TestShop {
 protected:
  InvocationResult invoke(std::string_view handler, std::string event) {
    Surroundings around{io_.get_executor(), services_, api_, log_, admins_by_jwt_};
    const Function function = make_function(*find_function(handler), around);
    const Invocation invocation{"r-1", "", std::chrono::steady_clock::now() + 30s,
                                std::move(event)};
    log_.begin(invocation);
    InvocationResult result = run(io_, function(invocation));
    log_.end(result, 1'234'567ns);
    return result;
  }
  boost::json::value ask(std::string_view handler, std::string event) {
    return boost::json::parse(*invoke(handler, std::move(event)));
  }
  int status(std::string_view handler, std::string event) {
    return static_cast<int>(ask(handler, std::move(event)).at("statusCode").as_int64());
  }
  OrderId submit() {
    EXPECT_EQ(status("order-submission", http_event("POST", "/orders", kOrder)), 201);
    return memory.orders.begin()->first;
  }
  boost::json::value last_line() { return boost::json::parse(lines_.back()); }

  bool admins_by_jwt_ = false;
  boost::asio::io_context io_{1};
  std::vector<std::string> lines_;
  Log log_{"a-function", [this](std::string_view line) { lines_.emplace_back(line); }};
  CountedOrderStore counted_{orders, log_.tally()};
  Services services_{counted_, products, queue, gateway, carrier, clock, ids};
  Api api_{services_, {.admin_token = "secret", .metrics = nullptr}};
};

TEST_F(FunctionTableTest, KnowsItsSevenFunctions) {
  EXPECT_EQ(function_table().size(), 7u);
  EXPECT_EQ(find_function("inventory-processor")->stage, Stage::Inventory);
  EXPECT_EQ(find_function("order-recovery")->trigger, Trigger::Schedule);
  EXPECT_EQ(find_function("index.handler"), nullptr);
  EXPECT_EQ(find_function(""), nullptr);
}

TEST_F(FunctionTableTest, WhoPassedTheJwtAuthorizerIsAdminWhereThatIsHowAdminsAreKnown) {
  std::string event = http_event("GET", "/queues", "");
  const std::string open = event;
  const std::string http = R"("requestContext":{)";
  event.insert(event.find(http) + http.size(),
               R"("authorizer":{"jwt":{"claims":{"sub":"somebody"}}},)");
  EXPECT_EQ(status("order-admin", event), 401) << "the deployment knows its admins by a token";
  admins_by_jwt_ = true;
  EXPECT_EQ(status("order-admin", event), 200);
  EXPECT_EQ(status("order-admin", open), 401);
}

TEST_F(FunctionTableTest, EveryRouteIsAnsweredByExactlyOneFunction) {
  for (const Route& route : routes()) {
    int count = 0;
    for (const FunctionEntry& entry : function_table()) {
      count += answers(entry, route.method, route.pattern) ? 1 : 0;
    }
    EXPECT_EQ(count, 1) << route.method << " " << route.pattern;
  }
}

TEST_F(FunctionTableTest, AnswersGoToWhoHasTheRights) {
  const auto who = [](std::string_view method, std::string_view target) {
    std::string names;
    for (const FunctionEntry& entry : function_table()) {
      if (answers(entry, method, target)) names += std::string(entry.name) + " ";
    }
    return names;
  };
  EXPECT_EQ(who("POST", "/orders"), "order-submission ");
  EXPECT_EQ(who("GET", "/orders/x"), "order-status ");
  EXPECT_EQ(who("HEAD", "/orders/x"), "order-status ");
  EXPECT_EQ(who("GET", "/orders/x/timeline"), "order-status ");
  EXPECT_EQ(who("GET", "/healthz"), "order-status ");
  EXPECT_EQ(who("GET", "/orders?limit=5"), "order-admin ");
  EXPECT_EQ(who("POST", "/orders/x/cancel"), "order-admin ");
  EXPECT_EQ(who("PUT", "/products/x"), "order-admin ");
  EXPECT_EQ(who("GET", "/nothing/here"), "order-admin ");
  EXPECT_EQ(who("DELETE", "/orders"), "order-admin ");
}

TEST_F(FunctionTableTest, TakesAnOrderAndAnswersItsStatus) {
  const auto answer = ask("order-submission", http_event("POST", "/orders", kOrder));
  EXPECT_EQ(answer.at("statusCode").as_int64(), 201);
  EXPECT_EQ(answer.at("headers").at("X-Request-Id").as_string(), "r-1");
  const std::string location(answer.at("headers").at("Location").as_string());
  EXPECT_EQ(queue.nudges.size(), 1u);

  const auto order = ask("order-status", http_event("GET", location));
  EXPECT_EQ(order.at("statusCode").as_int64(), 200);
  EXPECT_THAT(std::string(order.at("body").as_string()), HasSubstr("\"status\":\"PENDING\""));
}

TEST_F(FunctionTableTest, AFunctionDoesNotAnswerForAnother) {
  const OrderId id = submit();
  EXPECT_EQ(status("order-submission", http_event("GET", "/orders/" + id.to_string())), 404);
  EXPECT_EQ(status("order-submission", http_event("GET", "/orders", {}, "secret")), 404);
  EXPECT_EQ(status("order-status", http_event("POST", "/orders", kOrder)), 404);
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders", {}, "secret")), 200);
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders")), 401);
  EXPECT_EQ(status("order-admin", http_event("GET", "/metrics")), 404);
  EXPECT_EQ(memory.orders.size(), 1u);
}

TEST_F(FunctionTableTest, WhatIsNoRequestIsAnswered400) {
  EXPECT_EQ(status("order-submission", "{}"), 400);
  EXPECT_EQ(status("order-submission", http_event("POST", "/orders", "not json")), 400);
  EXPECT_EQ(status("order-status", http_event("GET", "/orders/%00")), 400);
}

TEST_F(FunctionTableTest, AFaultIsLoggedAndNotTold) {
  orders.broken = Error{ErrorCode::Unavailable, "the table is gone"};
  const auto answer = ask("order-submission", http_event("POST", "/orders", kOrder));
  EXPECT_EQ(answer.at("statusCode").as_int64(), 503);
  EXPECT_THAT(std::string(answer.at("body").as_string()), Not(HasSubstr("table")));
  EXPECT_THAT(lines_.at(0), HasSubstr("the table is gone"));
  for (const std::string& line : lines_) EXPECT_THAT(line, Not(HasSubstr("test@example.com")));
}

TEST_F(FunctionTableTest, ThreeNudgesCarryAnOrderToItsEndAndEachStepIsCounted) {
  const OrderId id = submit();
  EXPECT_EQ(last_line().at("OrdersAccepted").as_int64(), 1);
  constexpr std::string_view kNoFailures = R"({"batchItemFailures":[]})";
  EXPECT_EQ(invoke("payment-processor", nudge_event(Stage::Payment, id)), kNoFailures);
  EXPECT_EQ(last_line().as_object().contains("OrdersAccepted"), false);
  EXPECT_EQ(last_line().as_object().contains("_aws"), false) << "nothing to count";
  EXPECT_EQ(invoke("inventory-processor", nudge_event(Stage::Inventory, id)), kNoFailures);
  EXPECT_EQ(invoke("fulfillment-processor", nudge_event(Stage::Fulfillment, id)), kNoFailures);
  EXPECT_EQ(last_line().at("OrdersShipped").as_int64(), 1);
  EXPECT_EQ(last_line().at("records").as_int64(), 1);
  EXPECT_EQ(memory.orders.at(id)->state.status, Status::Shipped);
}

TEST_F(FunctionTableTest, FailedRecordsAreCounted) {
  EXPECT_EQ(invoke("payment-processor", nudge_event(Stage::Payment, OrderId())),
            R"({"batchItemFailures":[{"itemIdentifier":"m-1"}]})");
  EXPECT_EQ(last_line().at("RecordsFailed").as_int64(), 1);
}

TEST_F(FunctionTableTest, WhatIsNoBatchFailsTheInvocation) {
  EXPECT_EQ(invoke("payment-processor", "{}").error().type, "InvalidEvent");
  EXPECT_EQ(last_line().at("level").as_string(), "ERROR");
}

TEST_F(FunctionTableTest, RecoveryRunsOnAnySchedule) {
  EXPECT_EQ(invoke("order-recovery", R"({"source":"aws.events"})"), R"({"nudged":0})");
  EXPECT_EQ(invoke("order-recovery", "{}"), R"({"nudged":0})");
}

TEST_F(FunctionTableTest, ALineIsALogEntryAndAMetric) {
  submit();
  const auto line = last_line();
  EXPECT_FALSE(line.as_object().contains("level")) << "INFO";
  EXPECT_EQ(line.at("requestId").as_string(), "r-1");
  EXPECT_EQ(line.at("function").as_string(), "a-function");
  EXPECT_FALSE(line.as_object().contains("status")) << "the access log has it";
  EXPECT_TRUE(line.at("coldStart").as_bool());
  EXPECT_DOUBLE_EQ(line.at("Duration").as_double(), 1.234);
  const auto& directive = line.at("_aws").at("CloudWatchMetrics").as_array().at(0);
  EXPECT_EQ(directive.at("Namespace").as_string(), "orderflow");
  EXPECT_EQ(directive.at("Dimensions"), boost::json::parse(R"([["function"]])"));
  // Every metric that is defined has its value, and so has every dimension.
  for (const auto& metric : directive.at("Metrics").as_array()) {
    EXPECT_TRUE(line.as_object().contains(metric.at("Name").as_string())) << metric;
  }
  EXPECT_GT(line.at("_aws").at("Timestamp").as_int64(), 1'700'000'000'000);
  EXPECT_EQ(status("order-submission", http_event("POST", "/orders", "{}")), 422);
  EXPECT_EQ(last_line().at("route").as_string(), "/orders");
  EXPECT_EQ(last_line().at("status").as_int64(), 422);
}

}  // namespace
}  // namespace orderflow::lambda
