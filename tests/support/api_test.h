#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.h"
#include "api/json_value.h"
#include "support/run.h"
#include "support/test_shop.h"

// The API over a shop in memory, and requests to it.
namespace orderflow {

inline constexpr std::string_view kId = "0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c00";
inline constexpr std::string_view kBody =
    R"({"customerEmail":"test@example.com","items":[{"name":"Widget","price":29.99,"quantity":2}]})";

inline ApiSettings settings(std::function<Task<std::string>()> metrics,
                            std::function<bool()> ready) {
  ApiSettings settings;
  settings.admin_token = "secret";
  settings.metrics = std::move(metrics);
  settings.ready = std::move(ready);
  return settings;
}

class ApiTest : public testing::Test, protected TestShop {
 protected:
  HttpResponse ask(HttpRequest request) { return run(api_.handle(std::move(request))); }
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

  bool ready_ = true;
  Api api_{services,
           settings([]() -> Task<std::string> { co_return "up 1\n"; }, [this] { return ready_; })};
};

inline std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

/// The text of a member at the top of a JSON body.
inline std::string member(const HttpResponse& response, std::string_view name) {
  const auto document = JsonDocument::parse(response.body);
  if (!document) return "not JSON: " + response.body;
  for (const JsonValue& value : document->root().children()) {
    if (value.name() == name) return std::string(value.text());
  }
  return "";
}

inline void expect_problem(const HttpResponse& response, int status, std::string_view code,
                           std::string_view of) {
  EXPECT_EQ(response.status, status) << of << response.body;
  EXPECT_EQ(response.content_type, "application/problem+json") << of;
  EXPECT_EQ(member(response, "status"), std::to_string(status)) << of;
  EXPECT_EQ(member(response, "code"), code) << of << response.body;
  EXPECT_EQ(member(response, "type"), std::string("urn:orderflow:problem:").append(code)) << of;
  EXPECT_NE(member(response, "title"), "") << of;
  EXPECT_NE(member(response, "detail"), "") << of;
}

}  // namespace orderflow
