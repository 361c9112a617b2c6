#include "apps/lambda/function_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "adapters/sqs/nudge_message.h"
#include "api/routes.h"
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

std::string nudge_event(Stage stage, OrderId id, int receive_count = 1) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().key("Records").begin_array().begin_object();
  json.member("messageId", "m-1").member("eventSource", "aws:sqs");
  json.member("body", sqs::write_message({stage, id})).key("attributes").begin_object();
  json.member("ApproximateReceiveCount", std::to_string(receive_count)).end_object();
  json.end_object().end_array().end_object();
  return event;
}

/// As main.cc puts it together, with ports that are no AWS.
class FunctionTableTest : public testing::Test, protected TestShop {
 protected:
  InvocationResult invoke(std::string_view handler, std::string event) {
    Api api(services_, {.admin_token = "secret", .metrics = nullptr, .function = handler});
    const Surroundings around{io_.get_executor(),
                              services_,
                              api,
                              log_,
                              [this](auto time) { ends_by_ = time; },
                              [this](auto count) { expected_ = count; },
                              admins_by_jwt_};
    const Invocation invocation{"r-1", "", std::chrono::steady_clock::now() + 30s,
                                std::move(event)};
    log_.begin(invocation);
    InvocationResult result = run(io_, handle(*find_function(handler), around, invocation));
    log_.end(result, 1'234'567ns);
    EXPECT_EQ(ends_by_, invocation.deadline - kStopMargin);
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
  std::chrono::steady_clock::time_point ends_by_;
  std::size_t expected_ = 0;
  boost::asio::io_context io_{1};
  std::vector<std::string> lines_;
  Log log_{"staging", "a-function", [this](std::string_view line) { lines_.emplace_back(line); }};
  Services services_{orders, products, queue, gateway, carrier, clock, ids};
};

TEST_F(FunctionTableTest, KnowsItsSevenFunctions) {
  EXPECT_EQ(function_table().size(), 7u);
  EXPECT_EQ(find_function("inventory-processor")->stage, Stage::Inventory);
  EXPECT_EQ(find_function("order-recovery")->trigger, Trigger::Schedule);
  EXPECT_EQ(find_function("index.handler"), nullptr);
  EXPECT_EQ(find_function(""), nullptr);
}

TEST_F(FunctionTableTest,
       ARequestThatPassedTheJwtAuthorizerIsAnAdminRequestWhereTheDeploymentSaysSo) {
  std::string event = http_event("GET", "/queues", "");
  const std::string open = event;
  const std::string http = R"("requestContext":{)";
  event.insert(event.find(http) + http.size(),
               R"("authorizer":{"jwt":{"claims":{"sub":"an-admin"}}},)");
  EXPECT_EQ(status("order-admin", event), 401) << "this deployment asks for the token";
  admins_by_jwt_ = true;
  EXPECT_EQ(status("order-admin", event), 200);
  EXPECT_EQ(status("order-admin", open), 401);
}

TEST_F(FunctionTableTest, WrongAdminTokensAreCounted) {
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders", {}, "secret")), 200);
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders")), 401);
  EXPECT_FALSE(log_.has_counted("WrongAdminTokens")) << "no token is no wrong one";
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders", {}, "a guess")), 401);
  EXPECT_TRUE(log_.has_counted("WrongAdminTokens"));
}

TEST_F(FunctionTableTest, EveryRouteIsAnsweredByOneFunctionThatApiGatewayCalls) {
  for (const Route& route : routes()) {
    const FunctionEntry* const entry = find_function(route.function);
    ASSERT_NE(entry, nullptr) << route.method << " " << route.pattern;
    EXPECT_EQ(entry->trigger, Trigger::ApiGateway) << route.method << " " << route.pattern;
  }
}

TEST_F(FunctionTableTest, OnlyTheFunctionOfARouteAnswersIt) {
  const auto functions_of = [this](std::string_view method, std::string_view target) {
    std::string names;
    for (const FunctionEntry& entry : function_table()) {
      if (entry.trigger != Trigger::ApiGateway) continue;
      const auto answer = ask(entry.name, http_event(method, target));
      const std::string body(answer.at("body").as_string());
      if (body.find("no such resource") == body.npos) names += std::string(entry.name) + " ";
    }
    return names;
  };
  EXPECT_EQ(functions_of("POST", "/orders"), "order-submission ");
  EXPECT_EQ(functions_of("GET", "/orders/x"), "order-status ");
  EXPECT_EQ(functions_of("GET", "/orders/x/timeline"), "order-status ");
  EXPECT_EQ(functions_of("GET", "/healthz"), "order-status ");
  EXPECT_EQ(functions_of("GET", "/orders"), "order-admin ");
  EXPECT_EQ(functions_of("POST", "/orders/x/cancel"), "order-admin ");
  EXPECT_EQ(functions_of("PUT", "/products/x"), "order-admin ");
  EXPECT_EQ(functions_of("DELETE", "/orders"), "order-admin ") << "405";
  EXPECT_EQ(functions_of("GET", "/nothing/here"), "");
  EXPECT_EQ(status("order-status", http_event("HEAD", "/healthz")), 200);
  EXPECT_EQ(status("order-admin", http_event("HEAD", "/healthz")), 404);
  EXPECT_EQ(status("order-admin", http_event("GET", "/metrics")), 404);
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders")), 401);
  EXPECT_EQ(status("order-admin", http_event("GET", "/orders", {}, "secret")), 200);
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

TEST_F(FunctionTableTest, AnEventThatIsNoRequestIsAnswered400) {
  EXPECT_EQ(status("order-submission", "{}"), 400);
  EXPECT_EQ(status("order-submission", http_event("POST", "/orders", "not json")), 400);
  EXPECT_EQ(status("order-status", http_event("GET", std::string_view("/orders/\0", 9))), 400);
}

TEST_F(FunctionTableTest, AnErrorIsLoggedAndNotShownToTheClient) {
  orders.broken = Error{ErrorCode::Unavailable, "the table is gone"};
  const auto answer = ask("order-submission", http_event("POST", "/orders", kOrder));
  EXPECT_EQ(answer.at("statusCode").as_int64(), 503);
  EXPECT_THAT(std::string(answer.at("body").as_string()), Not(HasSubstr("table")));
  EXPECT_THAT(lines_.at(0), HasSubstr("the table is gone"));
  for (const std::string& line : lines_) EXPECT_THAT(line, Not(HasSubstr("test@example.com")));
}

TEST_F(FunctionTableTest, ThreeNudgesCarryAnOrderToItsEnd) {
  const OrderId id = submit();
  constexpr std::string_view kNoFailures = R"({"batchItemFailures":[]})";
  EXPECT_EQ(invoke("payment-processor", nudge_event(Stage::Payment, id)), kNoFailures);
  EXPECT_EQ(last_line().as_object().contains("_aws"), false) << "nothing to count";
  EXPECT_EQ(invoke("inventory-processor", nudge_event(Stage::Inventory, id)), kNoFailures);
  EXPECT_EQ(invoke("fulfillment-processor", nudge_event(Stage::Fulfillment, id)), kNoFailures);
  EXPECT_EQ(last_line().at("records").as_int64(), 1);
  EXPECT_EQ(expected_, 1u) << "its nudge need not wait for others";
  EXPECT_EQ(memory.orders.at(id)->state.status, Status::Shipped);
}

TEST_F(FunctionTableTest, FailedRecordsAreCounted) {
  EXPECT_EQ(invoke("payment-processor", nudge_event(Stage::Payment, OrderId())),
            R"({"batchItemFailures":[{"itemIdentifier":"m-1"}]})");
  EXPECT_EQ(last_line().at("RecordsFailed").as_int64(), 1);
}

TEST_F(FunctionTableTest, AnOrderWhoseStepFailsOnTheLastDeliveryIsPutOff) {
  const OrderId id = submit();
  ASSERT_TRUE(invoke("payment-processor", nudge_event(Stage::Payment, id)));
  products.broken = Error{ErrorCode::Unavailable, "the products are gone"};
  const auto state = [&]() -> const OrderState& { return memory.orders.at(id)->state; };
  EXPECT_EQ(invoke("inventory-processor", nudge_event(Stage::Inventory, id, 9)),
            R"({"batchItemFailures":[{"itemIdentifier":"m-1"}]})");
  EXPECT_EQ(state().tries, 0);
  EXPECT_EQ(invoke("inventory-processor", nudge_event(Stage::Inventory, id, 10)),
            R"({"batchItemFailures":[]})");
  EXPECT_FALSE(state().attention.has_value());
  EXPECT_EQ(state().tries, 1);
  EXPECT_THAT(state().events.back().detail, HasSubstr("the products are gone"));
  orders.broken = Error{ErrorCode::Unavailable, "the table is gone"};
  EXPECT_EQ(invoke("payment-processor", nudge_event(Stage::Payment, id, 10)),
            R"({"batchItemFailures":[{"itemIdentifier":"m-1"}]})")
      << "it cannot be put off, and so must not be forgotten";
}

TEST_F(FunctionTableTest, AnEventThatIsNoBatchFailsTheInvocation) {
  EXPECT_EQ(invoke("payment-processor", "{}").error().type, "InvalidEvent");
  EXPECT_EQ(last_line().at("level").as_string(), "ERROR");
}

TEST_F(FunctionTableTest, RecoveryRunsOnAnySchedule) {
  EXPECT_EQ(invoke("order-recovery", R"({"source":"aws.events"})"), R"({"nudged":0})");
  EXPECT_EQ(invoke("order-recovery", "{}"), R"({"nudged":0})");
}

TEST_F(FunctionTableTest, ALineIsALogEntryAndAMetric) {
  const Invocation invocation{"r-1", "", {}, "{}"};
  log_.begin(invocation);
  log_.count(EventType::OrderReceived);
  log_.count(EventType::PaymentAuthorized);
  log_.end("{}", 1'234'567ns);
  const auto line = last_line();
  EXPECT_FALSE(line.as_object().contains("level")) << "INFO";
  EXPECT_EQ(line.at("requestId").as_string(), "r-1");
  EXPECT_EQ(line.at("function").as_string(), "a-function");
  EXPECT_EQ(line.at("deployment").as_string(), "staging");
  EXPECT_FALSE(line.as_object().contains("status")) << "API Gateway's access log has it";
  EXPECT_TRUE(line.at("coldStart").as_bool());
  EXPECT_DOUBLE_EQ(line.at("Duration").as_double(), 1.234);
  EXPECT_EQ(line.at("OrdersAccepted").as_int64(), 1);
  const auto& directive = line.at("_aws").at("CloudWatchMetrics").as_array().at(0);
  EXPECT_EQ(directive.at("Namespace").as_string(), "orderflow");
  EXPECT_EQ(directive.at("Dimensions"), boost::json::parse(R"([["deployment","function"]])"));
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
