#include "api/routes.h"

#include <gtest/gtest.h>

#include "api/openapi_yaml.h"
#include "order/rules/transitions.h"
#include "support/run.h"
#include "support/test_shop.h"

// What requests to a running service cannot bring about, or not see. tests/e2e has the rest: bodies,
// parameters, tokens and every answer of the contract.
namespace orderflow {
namespace {

constexpr std::string_view kBody =
    R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":2}]})";

/// The API over a shop in memory.
class RoutesTest : public testing::Test, protected TestShop {
 protected:
  HttpResponse ask(HttpRequest request) {
    Api api(services, settings_);
    return run(api.handle(std::move(request)));
  }
  HttpResponse get(std::string_view target, std::string_view token = "Bearer secret") {
    return ask({.method = "GET", .target = target, .authorization = token});
  }
  HttpResponse post(std::string_view target, std::string_view body,
                    std::vector<std::string_view> keys = {}) {
    return ask({.method = "POST",
                .target = target,
                .content_type = "application/json",
                .idempotency_keys = std::move(keys),
                .body = body});
  }

  ApiSettings settings_{.admin_token = "secret", .metrics = {}};
};

TEST_F(RoutesTest, RefuseWithoutACallOfTheStore) {
  EXPECT_EQ(get("/orders/x").status, 404);
  EXPECT_EQ(get("/orders", "Bearer wrong").status, 401);
  EXPECT_EQ(post("/orders", "{}").status, 422);
  EXPECT_EQ(post("/orders", kBody, {"a", "a"}).status, 400);
  EXPECT_EQ(orders.calls, 0);
}

TEST_F(RoutesTest, WithoutAConfiguredTokenNoRequestIsAdmin) {
  settings_.admin_token.clear();
  EXPECT_EQ(get("/queues", "Bearer ").status, 401);
}

TEST_F(RoutesTest, TheDetailOfAServerErrorGoesToTheLogOnly) {
  const std::tuple<ErrorCode, int, std::string_view> cases[] = {
      {ErrorCode::Timeout, 503, "unavailable"},     {ErrorCode::Throttled, 503, "unavailable"},
      {ErrorCode::Unavailable, 503, "unavailable"}, {ErrorCode::StorageFull, 503, "storage_full"},
      {ErrorCode::Corrupt, 500, "internal_error"},
  };
  for (const auto& [error, status, code] : cases) {
    orders.broken = Error{error, "disk /dev/sda"};
    const auto response = post("/orders", kBody);
    EXPECT_EQ(response.status, status);
    EXPECT_NE(response.body.find(R"("code":")" + std::string(code) + "\""), std::string::npos);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.error_detail, "disk /dev/sda");
    EXPECT_EQ(response.body.find("/dev/sda"), std::string::npos);
    EXPECT_EQ(response.headers.size(), status == 503 ? 1u : 0u);  // Retry-After
  }
}

TEST_F(RoutesTest, AnswerExceptionsWith500) {
  settings_.metrics = []() -> Task<std::string> { throw std::runtime_error("broken"); };
  const HttpResponse response = get("/metrics");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.error_detail, "broken");
  EXPECT_EQ(response.route, "/metrics");
}

TEST_F(RoutesTest, KnowWhenTheServiceIsNotReadyAndWhereItsMetricsAre) {
  settings_.ready = [] { return false; };
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/metrics").status, 404);
}

TEST_F(RoutesTest, QueuesCountTheParkedOrdersAndSayHowOldTheOldestNudgeIs) {
  ASSERT_EQ(post("/orders", kBody).status, 201);
  OrderPtr& stored = memory.orders.begin()->second;
  stored = parked(*stored, Actor::PaymentProcessor, 1, "no answer in time", clock.now())->next;
  queue.depth_by_stage = {{Stage::Payment, 2, 1, 0, 0, Duration(1042)},
                          {Stage::Fulfillment, 0, 0, 3, 7, std::nullopt}};
  EXPECT_EQ(get("/queues").body,
            R"({"queues":[{"name":"payment","ready":2,"inFlight":1,"delayed":0,"parked":1,)"
            R"("deadLetters":0,"oldestAgeSeconds":1.042},{"name":"fulfillment","ready":0,)"
            R"("inFlight":0,"delayed":3,"parked":0,"deadLetters":7}],"parked":[{"orderId":)"
            R"("0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00","queue":"payment",)"
            R"("reason":"no answer in time","since":"2026-03-20T09:30:00.125Z"}]})");
}

// That each documented operation is served is in tests/e2e/test_openapi.py.
TEST(Routes, AreInTheContract) {
  for (const Route& route : routes()) {
    EXPECT_NE(kOpenapiYaml.find("\n  " + std::string(route.pattern) + ":\n"),
              std::string_view::npos)
        << route.pattern;
  }
}

}  // namespace
}  // namespace orderflow
