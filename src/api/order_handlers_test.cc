#include "base/limits.h"
#include "order/rules/transitions.h"
#include "support/api_test.h"

namespace orderflow {
namespace {

using OrderHandlersTest = ApiTest;

TEST_F(OrderHandlersTest, TakesAnOrderAndShowsIt) {
  const auto created = post("/orders", kBody);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.route, "/orders");
  EXPECT_EQ(header(created, "Location"), std::string("/orders/").append(kId));
  EXPECT_EQ(header(created, "Idempotent-Replayed"), "");
  EXPECT_EQ(created.body,
            R"({"orderId":"0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00","status":"PENDING",)"
            R"("paymentStatus":"none","fulfillmentStatus":"unfulfilled",)"
            R"("customerEmail":"test@example.com","items":[{"sku":"Widget","name":"Widget",)"
            R"("price":29.99,"quantity":2,"lineTotal":59.98}],"currency":"USD","total":59.98,)"
            R"("totalMinor":5998,"createdAt":"2026-03-20T09:30:00.125Z",)"
            R"("updatedAt":"2026-03-20T09:30:00.125Z","version":1})");
  EXPECT_EQ(queue.nudges.size(), 1u);

  const auto read = get(header(created, "Location"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.route, "/orders/{orderId}");
  EXPECT_EQ(read.body, created.body);
  const auto upper = get("/orders/0195B2A4-8F6E-7C31-9D42-5F0E1A7B3C00");
  EXPECT_EQ(upper.body, created.body);

  const auto timeline = get(header(created, "Location") + "/timeline");
  EXPECT_EQ(
      timeline.body,
      R"({"orderId":"0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00","status":"PENDING",)"
      R"("currency":"USD","events":[{"seq":1,"at":"2026-03-20T09:30:00.125Z",)"
      R"("type":"OrderReceived","actor":"order-submission"}],"next":{"operation":"authorize",)"
      R"("queue":"payment","at":"2026-03-20T09:30:00.125Z"}})");
}

TEST_F(OrderHandlersTest, ReturnsAddressAndMetadataButNotThePaymentToken) {
  const auto created = post("/orders", R"({"customerEmail":"a@b","paymentMethod":"pm_secret",
      "items":[{"name":"\"W\"\u00e9","price":0,"quantity":1}],
      "shippingAddress":{"line1":"1 \\ Way","city":"C","country":"DE"},
      "metadata":{"b\"":"2","a":"1"}})");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_NE(created.body.find(R"("name":"\"W\"é")"), std::string::npos) << created.body;
  EXPECT_NE(created.body.find(R"("shippingAddress":{"line1":"1 \\ Way","city":"C","country":"DE"},)"
                              R"("metadata":{"a":"1","b\"":"2"},)"),
            std::string::npos)
      << created.body;
  EXPECT_EQ(created.body.find("pm_secret"), std::string::npos);
}

TEST_F(OrderHandlersTest, ReplaysUnderOneKeyAndRefusesItForAnotherBody) {
  const auto first = post_with_keys({"k 1"});
  EXPECT_EQ(first.status, 201);
  const auto again = post_with_keys(
      {"k 1"},
      R"({ "items": [{"quantity":2.0,"price":29.990,"name":"Widget"}], "customerEmail":"test\u0040example.com"})");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header(again, "Location"), header(first, "Location"));
  EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(memory.orders.size(), 1u);
  const auto other = post_with_keys(
      {"k 1"},
      R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":3}]})");
  expect_problem(other, 422, "idempotency_key_reused", "another body");
  EXPECT_EQ(memory.orders.size(), 1u);
}

TEST_F(OrderHandlersTest, RefusesBadIdempotencyKeys) {
  const std::string longest(kIdempotencyKeyBytesMax, 'k');
  const std::string too_long = longest + "k";
  const std::vector<std::string_view> bad[] = {{""},      {too_long},   {"a\tb"},
                                               {"a\x7F"}, {"\xC3\xA9"}, {"a", "a"}};
  for (const auto& keys : bad) {
    expect_problem(post_with_keys(keys), 400, "invalid_idempotency_key", keys.front());
  }
  EXPECT_EQ(orders.calls, 0);
  EXPECT_EQ(post_with_keys({longest}).status, 201);
}

TEST_F(OrderHandlersTest, RefusesBadBodies) {
  for (const std::string_view body :
       {"", "null", "[]", "1", "{", "{\"a\":1,\"a\":1}", "\xEF\xBB\xBF{}"}) {
    const auto response = post("/orders", body);
    expect_problem(response, 400, "invalid_json", body);
    EXPECT_NE(member(response, "detail").find("at byte"), std::string::npos) << body;
  }
  expect_problem(ask({.method = "POST", .target = "/orders"}), 400, "invalid_json", "no body");
  const auto response =
      post("/orders", R"({"customerEmail":"x","items":[{"name":"W","quantity":0,"a/b":1}]})");
  expect_problem(response, 422, "invalid_value", "values");
  EXPECT_NE(
      response.body.find(
          R"("errors":[{"pointer":"/customerEmail","detail":"must be an e-mail address, such as name@example.com"},)"
          R"({"pointer":"/items/0/a~1b","detail":"is not a known member"},)"
          R"({"pointer":"/items/0/quantity","detail":"must be an integer from 1 to 10000"}])"),
      std::string::npos)
      << response.body;
  EXPECT_EQ(orders.calls, 0);
}

TEST_F(OrderHandlersTest, AnswersOrdersThatTheCatalogueRefuses) {
  memory.products["W"] = {.sku = "W", .name = "W", .price = 100};
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"W","price":2,"quantity":1}]})"),
      422, "price_mismatch", "another price");
  services.unknown_sku = UnknownSku::Reject;
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"X","price":1,"quantity":1}]})"),
      422, "unknown_sku", "unknown");
  // Errors of different codes come under the general one.
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"X","price":1,"quantity":1},
                                     {"name":"W","price":2,"quantity":1}]})"),
      422, "invalid_value", "both");
}

TEST_F(OrderHandlersTest, ListsOrders) {
  post("/orders", kBody);
  const auto page = admin("GET",
                          "/orders?customerEmail=a+b%40example.com&status=SHIPPED&from=2026-01-01"
                          "&to=2026-02-01T10:00:00+00:00&limit=200");
  EXPECT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(page.body, R"({"orders":[],"nextCursor":null})");
  EXPECT_EQ(orders.last_query.customer_email, "a+b@example.com");
  EXPECT_EQ(orders.last_query.status, Status::Shipped);
  EXPECT_EQ(orders.last_query.from, parse_rfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(orders.last_query.to, parse_rfc3339("2026-02-01T10:00:00Z"));
  EXPECT_EQ(orders.last_query.limit, 200);
  const auto all = admin("GET", "/orders");
  EXPECT_TRUE(all.body.ends_with(R"("version":1}],"nextCursor":null})")) << all.body;
  EXPECT_EQ(orders.last_query.limit, kPageLimitDefault);
}

TEST_F(OrderHandlersTest, CancelsWithAndWithoutAReason) {
  const std::string target = header(post("/orders", kBody), "Location") + "/cancel";
  expect_problem(admin("POST", target, "{\"why\":1}"), 422, "invalid_value", "unknown member");
  expect_problem(admin("POST", target, "["), 400, "invalid_json", "no JSON");
  const auto cancelled = admin("POST", target, R"({"reason":"ordered twice"})");
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_EQ(member(cancelled, "status"), "CANCELLED");
  EXPECT_EQ(member(cancelled, "reason"), "ordered twice");
  EXPECT_EQ(admin("POST", target).status, 200);  // again, and without a body
  expect_problem(admin("POST", std::string("/orders/").append(kId).replace(43, 1, "9") + "/cancel"),
                 404, "not_found", "unknown");
}

TEST_F(OrderHandlersTest, RetriesParkedOrdersOnly) {
  post("/orders", kBody);
  const OrderId id = *OrderId::parse(kId);
  const std::string target = std::string("/orders/").append(kId) + "/retry";
  expect_problem(admin("POST", target), 409, "conflict", "nothing parked");
  expect_problem(admin("POST", target, "{}"), 400, "unexpected_body", "a body");

  OrderPtr& stored = memory.orders.at(id);
  auto decision = parked(*stored, Actor::PaymentProcessor, 1, "no answer in time", clock.now());
  ASSERT_TRUE(decision);
  stored = std::move(decision->next);
  queue.depth_by_stage = {{Stage::Payment, 2, 1, 0, Duration(1042)},
                          {Stage::Inventory, 0, 0, 0, {}},
                          {Stage::Fulfillment, 0, 0, 3, {}}};
  EXPECT_NE(
      get("/orders/" + id.to_string())
          .body.find(
              R"("attention":{"reason":"no answer in time","since":"2026-03-20T09:30:00.125Z"}})"),
      std::string::npos);
  const auto queues = admin("GET", "/queues");
  EXPECT_EQ(queues.body,
            R"({"queues":[{"name":"payment","ready":2,"inFlight":1,"delayed":0,"parked":1,)"
            R"("oldestAgeSeconds":1.042},{"name":"inventory","ready":0,"inFlight":0,"delayed":0,)"
            R"("parked":0,"oldestAgeSeconds":0.000},{"name":"fulfillment","ready":0,"inFlight":0,)"
            R"("delayed":3,"parked":0,"oldestAgeSeconds":0.000}],"parked":[{"orderId":)"
            R"("0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00","queue":"payment",)"
            R"("reason":"no answer in time","since":"2026-03-20T09:30:00.125Z"}]})");
  const auto retried = admin("POST", target);
  EXPECT_EQ(retried.status, 200);
  EXPECT_EQ(retried.body.find("attention"), std::string::npos);
}

}  // namespace
}  // namespace orderflow
