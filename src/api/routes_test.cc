#include "api/routes.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "api/api.h"
#include "api/fakes_for_test.h"
#include "api/json_value.h"
#include "api/openapi_yaml.h"
#include "base/limits.h"
#include "order/transitions.h"

namespace orderflow {
namespace {

constexpr std::string_view kId = "0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00";
constexpr std::string_view kBody =
    R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":2}]})";

ApiSettings settings(std::function<Task<std::string>()> metrics, std::function<bool()> ready) {
  ApiSettings settings;
  settings.admin_token = "secret";
  settings.metrics = std::move(metrics);
  settings.ready = std::move(ready);
  return settings;
}

class RoutesTest : public testing::Test {
 protected:
  HttpResponse ask(HttpRequest request) {
    HttpResponse response;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, api_.handle(std::move(request)),
                          [&response](std::exception_ptr thrown, HttpResponse answer) {
                            if (thrown) std::rethrow_exception(thrown);
                            response = std::move(answer);
                          });
    context.run();
    return response;
  }
  HttpResponse get(std::string_view target) { return ask({.method = "GET", .target = target}); }
  HttpResponse post(std::string_view target, std::string_view body) {
    return ask(
        {.method = "POST", .target = target, .content_type = "application/json", .body = body});
  }
  HttpResponse admin(std::string_view method, std::string_view target, std::string_view body = {}) {
    return ask({.method = method,
                .target = target,
                .content_type = "application/json",
                .authorization = "Bearer secret",
                .body = body});
  }
  HttpResponse post_with_keys(std::vector<std::string_view> keys, std::string_view body = kBody) {
    return ask({.method = "POST",
                .target = "/orders",
                .content_type = "application/json",
                .idempotency_keys = std::move(keys),
                .body = body});
  }

  FakeOrders orders_;
  FakeProducts products_;
  FakeQueue queue_;
  FakeGateway gateway_;
  FakeCarrier carrier_;
  FakeClock clock_;
  FakeIds ids_;
  Services services_{orders_, products_, queue_, gateway_, carrier_, clock_, ids_};
  bool ready_ = true;
  Api api_{services_,
           settings([]() -> Task<std::string> { co_return "up 1\n"; }, [this] { return ready_; })};
};

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

/// The text of a member at the top of a JSON body.
std::string member(const HttpResponse& response, std::string_view name) {
  const auto document = JsonDocument::parse(response.body);
  if (!document) return "not JSON: " + response.body;
  for (const JsonValue& value : document->root().children()) {
    if (value.name() == name) return std::string(value.text());
  }
  return "";
}

void expect_problem(const HttpResponse& response, int status, std::string_view code,
                    std::string_view of) {
  EXPECT_EQ(response.status, status) << of << response.body;
  EXPECT_EQ(response.content_type, "application/problem+json") << of;
  EXPECT_EQ(member(response, "status"), std::to_string(status)) << of;
  EXPECT_EQ(member(response, "code"), code) << of << response.body;
  EXPECT_EQ(member(response, "type"), std::string("urn:orderflow:problem:").append(code)) << of;
  EXPECT_NE(member(response, "title"), "") << of;
  EXPECT_NE(member(response, "detail"), "") << of;
}

TEST_F(RoutesTest, TakesAnOrderAndShowsIt) {
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
  EXPECT_EQ(queue_.nudges, 1);

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

TEST_F(RoutesTest, ReturnsAddressAndMetadataAndKeepsThePaymentTokenToItself) {
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

TEST_F(RoutesTest, ReplaysUnderOneKeyAndRefusesItForAnotherBody) {
  const auto first = post_with_keys({"k 1"});
  EXPECT_EQ(first.status, 201);
  const auto again = post_with_keys(
      {"k 1"},
      R"({ "items": [{"quantity":2.0,"price":29.990,"name":"Widget"}], "customerEmail":"test\u0040example.com"})");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header(again, "Location"), header(first, "Location"));
  EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(orders_.stored.size(), 1u);
  const auto other = post_with_keys(
      {"k 1"},
      R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":3}]})");
  expect_problem(other, 422, "idempotency_key_reused", "another body");
  EXPECT_EQ(orders_.stored.size(), 1u);
}

TEST_F(RoutesTest, RefusesBadIdempotencyKeys) {
  const std::string longest(kIdempotencyKeyBytesMax, 'k');
  const std::string too_long = longest + "k";
  const std::vector<std::string_view> bad[] = {{""},      {too_long},   {"a\tb"},
                                               {"a\x7F"}, {"\xC3\xA9"}, {"a", "a"}};
  for (const auto& keys : bad) {
    expect_problem(post_with_keys(keys), 400, "invalid_idempotency_key", keys.front());
  }
  EXPECT_EQ(orders_.calls, 0);
  EXPECT_EQ(post_with_keys({longest}).status, 201);
}

TEST_F(RoutesTest, AnswersBadTargetsWithoutARead) {
  const std::string long_id = "/orders/" + std::string(10'000, 'a');
  const std::tuple<std::string_view, int, std::string_view> cases[] = {
      {"/orders/../admin", 404, "not_found"},
      {"/orders/%2e%2e%2fadmin", 404, "not_found"},
      {"/orders/../healthz", 404, "not_found"},
      {"/../healthz", 404, "not_found"},
      {"//healthz", 404, "not_found"},
      {"/healthz/", 404, "not_found"},
      {"/", 404, "not_found"},
      {"/orders/", 404, "not_found"},
      {"/Healthz", 404, "not_found"},
      {"/orders/x/timeline/y/z", 404, "not_found"},
      {long_id, 404, "not_found"},
      {"/orders/0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c0g", 404, "not_found"},
      {"/orders/0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00x", 404, "not_found"},
      {"/orders/%00", 400, "invalid_target"},
      {"/orders/a%00b", 400, "invalid_target"},
      {"/orders/%zz", 400, "invalid_target"},
      {"/orders/%", 400, "invalid_target"},
      {"/orders/%4", 400, "invalid_target"},
      {"/orders/%ff", 400, "invalid_target"},
      {"/orders/%ed%a0%80", 400, "invalid_target"},
      {"/orders/%c0%af", 400, "invalid_target"},
      {"/products?cursor=%zz", 400, "invalid_target"},
      {"", 400, "invalid_target"},
      {"*", 400, "invalid_target"},
      {"http://host/healthz", 400, "invalid_target"},
      {"/healthz?x=1", 400, "invalid_parameter"},
      {"/orders/0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00?x", 400, "invalid_parameter"},
  };
  for (const auto& [target, status, code] : cases) {
    expect_problem(get(target), status, code, target.substr(0, 60));
  }
  EXPECT_EQ(orders_.calls, 0);
  // Escapes that need not be there mean what they stand for.
  EXPECT_EQ(get("/he%61lthz").status, 200);
}

TEST_F(RoutesTest, AnswersOtherMethodsWithAllow) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {"DELETE", "/orders", "POST, GET, HEAD"}, {"PATCH", "/products/x", "GET, HEAD, PUT"},
      {"POST", "/healthz", "GET, HEAD"},        {"GET", "/orders/x/retry", "POST"},
      {"get", "/healthz", "GET, HEAD"},         {"OPTIONS", "/queues", "GET, HEAD"},
  };
  for (const auto& [method, target, allow] : cases) {
    const auto response = ask({.method = method, .target = target});
    expect_problem(response, 405, "method_not_allowed", target);
    EXPECT_EQ(header(response, "Allow"), allow) << target;
  }
  EXPECT_EQ(ask({.method = "HEAD", .target = "/healthz"}).status, 200);
}

TEST_F(RoutesTest, AdminRoutesNeedTheToken) {
  const std::optional<std::string_view> bad[] = {std::nullopt,
                                                 "",
                                                 "Bearer",
                                                 "Bearer ",
                                                 "Bearer secre",
                                                 "Bearer secret2",
                                                 "Bearer Secret",
                                                 "Basic secret",
                                                 "secret",
                                                 "Bearersecret",
                                                 "Bearer secret secret"};
  for (const Route& route : routes()) {
    if (route.access != Access::Admin) continue;
    for (const auto& authorization : bad) {
      const auto response = ask({.method = route.method,
                                 .target = route.pattern,
                                 .content_type = "text/plain",
                                 .authorization = authorization,
                                 .body = "x"});
      expect_problem(response, 401, "unauthorized", route.pattern);
      EXPECT_TRUE(header(response, "WWW-Authenticate").starts_with("Bearer realm="));
    }
  }
  EXPECT_EQ(orders_.calls, 0);
  const auto lower = ask({.method = "GET", .target = "/queues", .authorization = "bearer secret"});
  EXPECT_EQ(lower.status, 200);
}

TEST_F(RoutesTest, WithoutATokenNobodyIsAdmin) {
  Api open(services_, {});
  HttpResponse response;
  boost::asio::io_context context;
  boost::asio::co_spawn(
      context, open.handle({.method = "GET", .target = "/queues", .authorization = "Bearer "}),
      [&response](std::exception_ptr, HttpResponse answer) { response = std::move(answer); });
  context.run();
  EXPECT_EQ(response.status, 401);
}

TEST_F(RoutesTest, RefusesBodiesThatAreNotJsonInUtf8) {
  struct Case {
    std::optional<std::string_view> type, encoding;
    int status;
  };
  const Case cases[] = {
      {"application/json", {}, 201},
      {"Application/JSON ; Charset=\"UTF-8\"", {}, 201},
      {"application/json; profile=x", "identity", 201},
      {{}, {}, 415},
      {"", {}, 415},
      {"text/plain", {}, 415},
      {"application/jsonx", {}, 415},
      {"application/problem+json", {}, 415},
      {"application/json; charset=utf-16", {}, 415},
      {"application/json; charset", {}, 415},
      {"application/json; a=b; charset=latin1", {}, 415},
      {"application/json", "gzip", 415},
      {"application/json", "identity, gzip", 415},
  };
  for (const auto& [type, encoding, status] : cases) {
    const auto response = ask({.method = "POST",
                               .target = "/orders",
                               .content_type = type,
                               .content_encoding = encoding,
                               .body = kBody});
    EXPECT_EQ(response.status, status) << type.value_or("none");
    if (status == 415)
      expect_problem(response, 415, "unsupported_media_type", type.value_or("none"));
  }
}

TEST_F(RoutesTest, RefusesBadBodies) {
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
  EXPECT_EQ(orders_.calls, 0);
}

TEST_F(RoutesTest, AnswersWhatTheCatalogueRefuses) {
  products_.stored["W"] = {.sku = "W", .name = "W", .price = 100};
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"W","price":2,"quantity":1}]})"),
      422, "price_mismatch", "another price");
  services_.unknown_sku = UnknownSku::Reject;
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"X","price":1,"quantity":1}]})"),
      422, "unknown_sku", "unknown");
  // Violations of different codes come under the general one.
  expect_problem(
      post("/orders", R"({"customerEmail":"a@b","items":[{"name":"X","price":1,"quantity":1},
                                     {"name":"W","price":2,"quantity":1}]})"),
      422, "invalid_value", "both");
}

TEST_F(RoutesTest, ListsOrders) {
  post("/orders", kBody);
  const auto page = admin("GET",
                          "/orders?customerEmail=a+b%40example.com&status=SHIPPED&from=2026-01-01"
                          "&to=2026-02-01T10:00:00+00:00&limit=200");
  EXPECT_EQ(page.status, 200) << page.body;
  EXPECT_TRUE(page.body.ends_with(R"("version":1}],"nextCursor":null})")) << page.body;
  EXPECT_EQ(orders_.last_query.customer_email, "a+b@example.com");
  EXPECT_EQ(orders_.last_query.status, Status::Shipped);
  EXPECT_EQ(orders_.last_query.from, parse_rfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(orders_.last_query.to, parse_rfc3339("2026-02-01T10:00:00Z"));
  EXPECT_EQ(orders_.last_query.limit, 200);
  admin("GET", "/orders");
  EXPECT_EQ(orders_.last_query.limit, kPageLimitDefault);
}

TEST_F(RoutesTest, RefusesBadParameters) {
  for (const std::string_view query : {"limit=-1",
                                       "limit=0",
                                       "limit=201",
                                       "limit=1000000000",
                                       "limit=1e9",
                                       "limit=",
                                       "limit",
                                       "limit=5x",
                                       "limit=+5",
                                       "limit=%205",
                                       "limit=99999999999999999999",
                                       "limit=1&limit=1",
                                       "status=shipped",
                                       "status=",
                                       "from=yesterday",
                                       "from=2026-02-30",
                                       "to=2026-01-01T00:00:00%2B02:00",
                                       "cursor=",
                                       "cursor=forged",
                                       "customerEmail=",
                                       "Limit=5",
                                       "x=1",
                                       "=1"}) {
    expect_problem(admin("GET", std::string("/orders?").append(query)), 400, "invalid_parameter",
                   query);
  }
  expect_problem(get("/products?cursor=forged"), 400, "invalid_parameter", "cursor");
  expect_problem(get("/products?status=SHIPPED"), 400, "invalid_parameter", "status");
  EXPECT_EQ(get("/products?").status, 200);
}

TEST_F(RoutesTest, CancelsWithAndWithoutAReason) {
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

TEST_F(RoutesTest, RetriesOnlyWhatIsParked) {
  post("/orders", kBody);
  const OrderId id = *OrderId::parse(kId);
  const std::string target = std::string("/orders/").append(kId) + "/retry";
  expect_problem(admin("POST", target), 409, "conflict", "nothing parked");
  expect_problem(admin("POST", target, "{}"), 400, "unexpected_body", "a body");

  auto decision =
      parked(*orders_.stored[id], Actor::PaymentProcessor, 1, "no answer in time", clock_.now());
  ASSERT_TRUE(decision);
  orders_.stored[id] = std::move(decision->next);
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

TEST_F(RoutesTest, KeepsProducts) {
  const auto created =
      admin("PUT", "/products/a%2Fb%20%C3%A9", R"({"name":"N","price":5,"available":3})");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(header(created, "Location"), "/products/a%2Fb%20%C3%A9");
  EXPECT_EQ(created.body, R"({"sku":"a/b é","name":"N","price":5.00,"currency":"USD",)"
                          R"("stock":{"available":3,"reserved":0,"shipped":0,"received":3}})");
  EXPECT_EQ(get("/products/a%2fb%20%c3%a9").body, created.body);
  EXPECT_EQ(admin("PUT", "/products/a%2Fb%20%C3%A9", R"({"name":"N","price":6})").status, 200);
  EXPECT_EQ(admin("POST", "/products/a%2Fb%20%C3%A9/adjustments", R"({"quantity":-3,"reason":"x"})")
                .status,
            200);
  expect_problem(
      admin("POST", "/products/a%2Fb%20%C3%A9/adjustments", R"({"quantity":-1,"reason":"x"})"), 409,
      "conflict", "below zero");
  expect_problem(admin("POST", "/products/z/adjustments", R"({"quantity":1,"reason":"x"})"), 404,
                 "not_found", "");
  const auto too_much = admin("POST", "/products/a%2Fb%20%C3%A9/adjustments",
                              R"({"quantity":1000000000000,"reason":"x"})");
  expect_problem(too_much, 422, "invalid_value", "too much");
  EXPECT_NE(too_much.body.find(R"([{"pointer":"/quantity","detail":"is too much"}])"),
            std::string::npos);
  expect_problem(get("/products/z"), 404, "not_found", "unknown");
  expect_problem(admin("PUT", "/products/", R"({"name":"N","price":5})"), 400, "invalid_target",
                 "no SKU");
  const std::string long_sku = "/products/" + std::string(kSkuBytesMax + 1, 's');
  expect_problem(admin("PUT", long_sku, R"({"name":"N","price":5})"), 400, "invalid_target",
                 "long SKU");
  EXPECT_EQ(get("/products").body,
            R"({"products":[)" + get("/products/a%2Fb%20%C3%A9").body + R"(],"nextCursor":null})");
}

TEST_F(RoutesTest, TellsTheClientAndTheLogDifferentThings) {
  const std::tuple<ErrorCode, int, std::string_view> cases[] = {
      {ErrorCode::Timeout, 503, "unavailable"},     {ErrorCode::Throttled, 503, "unavailable"},
      {ErrorCode::Unavailable, 503, "unavailable"}, {ErrorCode::StorageFull, 503, "storage_full"},
      {ErrorCode::Corrupt, 500, "internal_error"},
  };
  for (const auto& [error, status, code] : cases) {
    orders_.broken = Error{error, "disk /dev/sda"};
    const auto response = post("/orders", kBody);
    expect_problem(response, status, code, code);
    EXPECT_EQ(response.fault, "disk /dev/sda");
    EXPECT_EQ(response.body.find("/dev/sda"), std::string::npos);
    EXPECT_EQ(header(response, "Retry-After"), status == 503 ? "1" : "");
  }
}

TEST_F(RoutesTest, AnswersExceptionsWith500) {
  const auto broken = []() -> Task<std::string> { throw std::runtime_error("broken"); };
  Api throwing(services_, settings(broken, [] { return true; }));
  HttpResponse response;
  boost::asio::io_context context;
  boost::asio::co_spawn(
      context, throwing.handle({.method = "GET", .target = "/metrics"}),
      [&response](std::exception_ptr, HttpResponse answer) { response = std::move(answer); });
  context.run();
  expect_problem(response, 500, "internal_error", "metrics");
  EXPECT_EQ(response.fault, "broken");
  EXPECT_EQ(response.route, "/metrics");
}

TEST_F(RoutesTest, ServesItself) {
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(get("/readyz").status, 200);
  ready_ = false;
  expect_problem(get("/readyz"), 503, "unavailable", "readyz");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/metrics").body, "up 1\n");
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4");
  EXPECT_EQ(get("/openapi.yaml").body, kOpenapiYaml);
  EXPECT_EQ(get("/openapi.yaml").content_type, "application/yaml");
}

/// What docs/openapi.yaml has under `paths`, as "get /orders/{orderId}".
std::vector<std::string> documented_operations() {
  std::vector<std::string> operations;
  std::string path;
  std::string_view rest = kOpenapiYaml.substr(kOpenapiYaml.find("\npaths:\n") + 1);
  rest = rest.substr(0, rest.find("\ncomponents:\n"));
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.starts_with("  /")) path = line.substr(2, line.size() - 3);
    for (const std::string_view method : {"get", "put", "post", "delete", "patch"}) {
      const std::string key = "    " + std::string(method) + ":";
      if (line == key) operations.push_back(std::string(method) + " " + path);
    }
  }
  return operations;
}

TEST(Routes, AreThoseOfTheContract) {
  std::vector<std::string> served;
  for (const Route& route : routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c + 'a' - 'A');
    served.push_back(method + " " + std::string(route.pattern));
  }
  auto documented = documented_operations();
  std::ranges::sort(served);
  std::ranges::sort(documented);
  EXPECT_EQ(served, documented);
}

TEST(Routes, HaveNoMoreSegmentsThanATargetKeeps) {
  for (const Route& route : routes()) {
    EXPECT_LE(std::ranges::count(route.pattern, '/'),
              static_cast<std::ptrdiff_t>(Target::kSegmentsMax));
  }
}

}  // namespace
}  // namespace orderflow
