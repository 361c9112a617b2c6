#include "api/routes.h"

#include <algorithm>

#include "api/openapi_yaml.h"
#include "base/limits.h"
#include "support/api_test.h"

namespace orderflow {
namespace {

using RoutesTest = ApiTest;

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
  EXPECT_EQ(orders.calls, 0);
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
  EXPECT_EQ(orders.calls, 0);
  const auto lower = ask({.method = "GET", .target = "/queues", .authorization = "bearer secret"});
  EXPECT_EQ(lower.status, 200);
}

TEST_F(RoutesTest, WithoutAConfiguredTokenNoRequestIsAdmin) {
  Api open(services, {});
  const HttpRequest request{.method = "GET", .target = "/queues", .authorization = "Bearer "};
  EXPECT_EQ(run(open.handle(request)).status, 401);
}

TEST_F(RoutesTest, RefusesBodiesThatAreNotJsonInUtf8) {
  struct BodyCase {
    std::optional<std::string_view> type, encoding;
    int status;
  };
  const BodyCase cases[] = {
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

TEST_F(RoutesTest, CreatesReadsAndAdjustsProducts) {
  const auto created =
      admin("PUT", "/products/a%2Fb%20%C3%A9", R"({"name":"N","price":5,"available":3})");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(header(created, "Location"), "/products/a%2Fb%20%C3%A9");
  EXPECT_EQ(created.body, R"({"sku":"a/b é","name":"N","price":5.00,"currency":"USD",)"
                          R"("stock":{"available":3,"reserved":0,"shipped":0,"received":3}})");
  EXPECT_EQ(get("/products/a%2fb%20%c3%a9").body, created.body);
  EXPECT_EQ(admin("PUT", "/products/a%2Fb%20%C3%A9", R"({"name":"N","price":6})").status, 200);
  const auto too_much = admin("POST", "/products/a%2Fb%20%C3%A9/adjustments",
                              R"({"quantity":1000000000000,"reason":"x"})");
  expect_problem(too_much, 422, "invalid_value", "too much");
  EXPECT_NE(
      too_much.body.find(R"([{"pointer":"/quantity","detail":"more stock than can be counted"}])"),
      std::string::npos)
      << too_much.body;
  EXPECT_EQ(admin("POST", "/products/a%2Fb%20%C3%A9/adjustments", R"({"quantity":-3,"reason":"x"})")
                .status,
            200);
  expect_problem(
      admin("POST", "/products/a%2Fb%20%C3%A9/adjustments", R"({"quantity":-1,"reason":"x"})"), 409,
      "conflict", "below zero");
  expect_problem(admin("POST", "/products/z/adjustments", R"({"quantity":1,"reason":"x"})"), 404,
                 "not_found", "");
  expect_problem(get("/products/z"), 404, "not_found", "unknown");
  expect_problem(admin("PUT", "/products/", R"({"name":"N","price":5})"), 400, "invalid_target",
                 "no SKU");
  const std::string long_sku = "/products/" + std::string(kSkuBytesMax + 1, 's');
  expect_problem(admin("PUT", long_sku, R"({"name":"N","price":5})"), 400, "invalid_target",
                 "long SKU");
  EXPECT_EQ(get("/products").body,
            R"({"products":[)" + get("/products/a%2Fb%20%C3%A9").body + R"(],"nextCursor":null})");
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
    expect_problem(response, status, code, code);
    EXPECT_EQ(response.error_detail, "disk /dev/sda");
    EXPECT_EQ(response.body.find("/dev/sda"), std::string::npos);
    EXPECT_EQ(header(response, "Retry-After"), status == 503 ? "1" : "");
  }
}

TEST_F(RoutesTest, AnswersExceptionsWith500) {
  const auto broken = []() -> Task<std::string> { throw std::runtime_error("broken"); };
  Api throwing(services, settings(broken, [] { return true; }));
  const HttpResponse response = run(throwing.handle({.method = "GET", .target = "/metrics"}));
  expect_problem(response, 500, "internal_error", "metrics");
  EXPECT_EQ(response.error_detail, "broken");
  EXPECT_EQ(response.route, "/metrics");
}

TEST_F(RoutesTest, ServesHealthReadinessMetricsAndTheContract) {
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

TEST(Routes, HaveAtMostTheSegmentsOfATarget) {
  for (const Route& route : routes()) {
    EXPECT_LE(std::ranges::count(route.pattern, '/'),
              static_cast<std::ptrdiff_t>(Target::kSegmentsMax));
  }
}

}  // namespace
}  // namespace orderflow
