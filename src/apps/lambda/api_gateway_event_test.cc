#include "apps/lambda/api_gateway_event.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json_writer.h"
#include "base/limits.h"

namespace orderflow::lambda {
namespace {

/// A whole event of each format, as API Gateway sends it for one and the same request.
constexpr std::string_view kFormat2 = R"({
  "version": "2.0", "routeKey": "POST /orders", "rawPath": "/orders", "rawQueryString": "",
  "cookies": ["session=1"],
  "headers": {"content-type": "application/json", "idempotency-key": "k-1",
              "authorization": "Bearer t", "x-forwarded-for": "192.0.2.1"},
  "requestContext": {"accountId": "123456789012", "stage": "$default", "time": "x",
    "http": {"method": "POST", "path": "/orders", "protocol": "HTTP/1.1"}},
  "body": "{\"a\":1}", "isBase64Encoded": false})";
constexpr std::string_view kFormat1 = R"({
  "version": "1.0", "resource": "/orders", "path": "/orders", "httpMethod": "POST",
  "headers": {"Content-Type": "application/json", "Idempotency-Key": "k-1",
              "Authorization": "Bearer t", "Cookie": "session=1"},
  "multiValueHeaders": {"Content-Type": ["application/json"], "Idempotency-Key": ["k-1"],
              "Authorization": ["Bearer t"], "Cookie": ["session=1"]},
  "queryStringParameters": null, "multiValueQueryStringParameters": null,
  "pathParameters": null, "stageVariables": null,
  "requestContext": {"stage": "$default", "httpMethod": "POST", "path": "/orders"},
  "body": "{\"a\":1}", "isBase64Encoded": false})";

std::string path_event(std::string_view path, std::string_view stage) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().member("rawPath", path).member("rawQueryString", "");
  json.key("requestContext").begin_object().member("stage", stage);
  json.key("http").begin_object().member("method", "GET").end_object();
  json.end_object().end_object();
  return event;
}

std::string target_of(std::string_view path, std::string_view stage = "$default") {
  return read_api_gateway_event(path_event(path, stage))->target;
}

std::string body_event(std::string_view body, bool is_base64) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().member("httpMethod", "POST").member("path", "/orders");
  json.member("body", body).member("isBase64Encoded", is_base64).end_object();
  return event;
}

TEST(ApiGatewayEventTest, BothFormatsAreTheSameRequest) {
  for (const std::string_view event : {kFormat2, kFormat1}) {
    const auto request = read_api_gateway_event(event);
    ASSERT_TRUE(request.has_value());
    const HttpRequest http = request->http();
    EXPECT_EQ(http.method, "POST");
    EXPECT_EQ(http.target, "/orders");
    EXPECT_EQ(http.content_type, "application/json");
    EXPECT_EQ(http.content_encoding, std::nullopt);
    EXPECT_EQ(http.authorization, "Bearer t");
    EXPECT_EQ(http.idempotency_keys, std::vector<std::string_view>{"k-1"});
    EXPECT_EQ(http.body, R"({"a":1})");
  }
}

TEST(ApiGatewayEventTest, QueriesComeOutEncodedFromBothFormats) {
  const auto format_2 = read_api_gateway_event(
      R"({"rawPath":"/orders","rawQueryString":"customerEmail=a%2Bb%40x.io&limit=5",
          "requestContext":{"http":{"method":"GET"}}})");
  EXPECT_EQ(format_2->target, "/orders?customerEmail=a%2Bb%40x.io&limit=5");
  const auto format_1 = read_api_gateway_event(
      R"({"path":"/orders","httpMethod":"GET",
          "queryStringParameters":{"customerEmail":"a+b@x.io","limit":"6"},
          "multiValueQueryStringParameters":{"customerEmail":["a+b@x.io"],"limit":["5","6"]}})");
  EXPECT_EQ(format_1->target, "/orders?customerEmail=a%2Bb%40x.io&limit=5&limit=6");
  const auto single = read_api_gateway_event(
      R"({"path":"/products","httpMethod":"GET","queryStringParameters":{"limit":"6"}})");
  EXPECT_EQ(single->target, "/products?limit=6");
}

TEST(ApiGatewayEventTest, StripsTheStageAndNothingElse) {
  EXPECT_EQ(target_of("/prod/orders", "prod"), "/orders");
  EXPECT_EQ(target_of("/prod", "prod"), "/");
  EXPECT_EQ(target_of("/orders", "prod"), "/orders");
  EXPECT_EQ(target_of("/production/orders", "prod"), "/production/orders");
  EXPECT_EQ(target_of("/orders", "$default"), "/orders");
  const auto format_1 = read_api_gateway_event(
      R"({"path":"/prod/orders","httpMethod":"GET","requestContext":{"stage":"prod"}})");
  EXPECT_EQ(format_1->target, "/orders");
}

/// What an HTTP API says of a request to this route: path and parameters are decoded.
std::string routed_event(std::string_view route, std::string_view path,
                         std::vector<std::pair<std::string_view, std::string_view>> parameters) {
  std::string event;
  JsonWriter json(event);
  json.begin_object().member("version", "2.0").member("routeKey", route).member("rawPath", path);
  json.key("pathParameters").begin_object();
  for (const auto& [name, value] : parameters) json.member(name, value);
  json.end_object();
  json.key("requestContext").begin_object().member("stage", "$default");
  json.member("domainName", "abc.execute-api.us-east-1.amazonaws.com");
  json.key("http").begin_object().member("method", route.substr(0, route.find(' ')));
  json.end_object().end_object().end_object();
  return event;
}

std::string routed_target(std::string_view route, std::string_view path,
                          std::vector<std::pair<std::string_view, std::string_view>> parameters) {
  return read_api_gateway_event(routed_event(route, path, std::move(parameters)))->target;
}

TEST(ApiGatewayEventTest, WhatAnHttpApiDecodedIsNotDecodedAgain) {
  const auto put = [](std::string_view sku) {
    return routed_target("PUT /products/{sku+}", "/products/" + std::string(sku), {{"sku", sku}});
  };
  EXPECT_EQ(put("A%41"), "/products/A%2541");
  EXPECT_EQ(put("%2F"), "/products/%252F");
  EXPECT_EQ(put("mug/blue"), "/products/mug%2Fblue");
  EXPECT_EQ(put("50% off"), "/products/50%25%20off");
  EXPECT_EQ(put("a?b#c"), "/products/a%3Fb%23c");
  EXPECT_EQ(put("Käse"), "/products/K%C3%A4se");
  EXPECT_EQ(put("a/adjustments"), "/products/a%2Fadjustments");
  EXPECT_EQ(put(std::string_view("\0", 1)), "/products/%00");
}

TEST(ApiGatewayEventTest, AGreedyParameterEndsBeforeTheAdjustments) {
  const auto post = [](std::string_view rest) {
    return routed_target("POST /products/{sku+}", "/products/" + std::string(rest),
                         {{"sku", rest}});
  };
  EXPECT_EQ(post("mug/adjustments"), "/products/mug/adjustments");
  EXPECT_EQ(post("mug/blue/adjustments"), "/products/mug%2Fblue/adjustments");
  EXPECT_EQ(post("mug%2Fblue/adjustments"), "/products/mug%252Fblue/adjustments");
  EXPECT_EQ(post("mug"), "/products/mug");
}

TEST(ApiGatewayEventTest, ARouteMayGoOnAfterItsParameter) {
  EXPECT_EQ(routed_target("GET /orders/{orderId}/timeline", "/orders/a%41/timeline",
                          {{"orderId", "a%41"}}),
            "/orders/a%2541/timeline");
}

TEST(ApiGatewayEventTest, ADecodedPathWithoutParametersIsEncodedOnce) {
  EXPECT_EQ(routed_target("$default", "/orders/../a%41 b", {}), "/orders/../a%2541%20b");
  // Parameters that are not there cannot be used.
  EXPECT_EQ(routed_target("GET /products/{sku+}", "/products/a%41", {}), "/products/a%2541");
  EXPECT_EQ(routed_target("GET /products/{sku", "/products/a", {{"sku", "b"}}), "/products/a");
}

TEST(ApiGatewayEventTest, APathThatIsStillEncodedStaysAsItIs) {
  // Of a REST API.
  EXPECT_EQ(target_of("/products/50%25%20off"), "/products/50%25%20off");
  EXPECT_EQ(target_of("/products/a+b:c@d"), "/products/a+b:c@d");
  const auto function_url = read_api_gateway_event(
      R"({"version":"2.0","routeKey":"$default","rawPath":"/products/A%2541","requestContext":{
          "domainName":"x.lambda-url.us-east-1.on.aws","http":{"method":"GET"}}})");
  EXPECT_EQ(function_url->target, "/products/A%2541");
}

TEST(ApiGatewayEventTest, HeaderNamesComeInAnyCaseAndEveryKeyIsKept) {
  const auto request = read_api_gateway_event(
      R"({"path":"/orders","httpMethod":"POST","multiValueHeaders":{
          "CONTENT-TYPE":["application/json"],"iDeMpOtEnCy-KeY":["a","b"],
          "content-encoding":["identity","gzip"]}})");
  EXPECT_EQ(request->rest.content_type, "application/json");
  EXPECT_EQ(request->rest.content_encoding, "gzip");
  EXPECT_EQ(request->rest.idempotency_keys, (std::vector<std::string_view>{"a", "b"}));
}

TEST(ApiGatewayEventTest, AHeaderThatMayBeSentOnceIsRefusedWhenSentTwice) {
  const auto request = read_api_gateway_event(
      R"({"path":"/orders","httpMethod":"GET","multiValueHeaders":{
          "Authorization":["Bearer a","Bearer b"]}})");
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().status, 400);
  EXPECT_NE(request.error().body.find("The header Authorization was sent more than once."),
            std::string::npos);
}

TEST(ApiGatewayEventTest, ReadsConditionsAndListsOfCodings) {
  const auto request = read_api_gateway_event(
      R"({"path":"/products/a","httpMethod":"PUT","multiValueHeaders":{
          "if-match":["\"1\"","\"2\""],"If-None-Match":["*"],
          "content-encoding":["","identity, identity","identity, gzip","identity"]}})");
  EXPECT_EQ(request->rest.if_match, (std::vector<std::string_view>{"\"1\"", "\"2\""}));
  EXPECT_EQ(request->rest.if_none_match, (std::vector<std::string_view>{"*"}));
  EXPECT_EQ(request->rest.content_encoding, "identity, gzip");
}

TEST(ApiGatewayEventTest, DecodesBodiesInBase64) {
  EXPECT_EQ(read_api_gateway_event(body_event("eyJhIjoi8J+YgCJ9", true))->body,
            "{\"a\":\"\xF0\x9F\x98\x80\"}");
  EXPECT_EQ(read_api_gateway_event(body_event("", true))->body, "");
  EXPECT_EQ(read_api_gateway_event(body_event("eyJh", false))->body, "eyJh");
}

TEST(ApiGatewayEventTest, BrokenBase64Is400) {
  for (const std::string_view broken : {"eyJ", "eyJ!", "ey=J", "e===", "eyJh\n", "eyJh===="}) {
    const auto request = read_api_gateway_event(body_event(broken, true));
    ASSERT_FALSE(request.has_value()) << broken;
    EXPECT_EQ(request.error().status, 400);
    EXPECT_EQ(request.error().content_type, "application/problem+json");
  }
}

TEST(ApiGatewayEventTest, AnEventThatIsNoRequestIs400) {
  for (const std::string_view event :
       {"", "null", "[]", "{}", "{\"Records\":[]}", R"({"httpMethod":"GET"})", R"({"path":"/"})",
        R"({"rawPath":"/","requestContext":{"http":"GET"}})", R"({"httpMethod":1,"path":"/"})"}) {
    const auto request = read_api_gateway_event(event);
    ASSERT_FALSE(request.has_value()) << event;
    EXPECT_EQ(request.error().status, 400);
  }
}

TEST(ApiGatewayEventTest, EnforcesTheLimitsOfTheLocalHome) {
  EXPECT_TRUE(read_api_gateway_event(body_event(std::string(kBodyBytesMax, ' '), false)));
  const auto body = read_api_gateway_event(body_event(std::string(kBodyBytesMax + 1, ' '), false));
  EXPECT_EQ(body.error().status, 413);
  EXPECT_NE(body.error().body.find("256 KiB"), std::string::npos);
  const auto uri =
      read_api_gateway_event(path_event("/" + std::string(kUriBytesMax, 'a'), "$default"));
  EXPECT_EQ(uri.error().status, 414);
  EXPECT_NE(uri.error().body.find("8 KiB"), std::string::npos);
}

TEST(ApiGatewayEventTest, ANullBodyIsNone) {
  const auto request =
      read_api_gateway_event(R"({"path":"/","httpMethod":"GET","body":null,"headers":null})");
  EXPECT_EQ(request->body, "");
}

TEST(ApiGatewayResponseTest, HasStatusHeadersAndBody) {
  HttpResponse response{.status = 201, .body = "{\"x\":\"\\u20ac\"}"};
  response.headers.emplace_back("Location", "/orders/1");
  const auto json = boost::json::parse(api_gateway_response(response, "POST", "id-1"));
  EXPECT_EQ(json.at("statusCode").as_int64(), 201);
  EXPECT_EQ(json.at("headers").at("Content-Type").as_string(), "application/json");
  EXPECT_EQ(json.at("headers").at("Cache-Control").as_string(), "no-store");
  EXPECT_EQ(json.at("headers").at("Location").as_string(), "/orders/1");
  EXPECT_EQ(json.at("headers").at("X-Request-Id").as_string(), "id-1");
  EXPECT_EQ(json.at("body").as_string(), "{\"x\":\"\\u20ac\"}");
  EXPECT_FALSE(json.at("isBase64Encoded").as_bool());
}

TEST(ApiGatewayResponseTest, HeadHasNoBody) {
  const auto json =
      boost::json::parse(api_gateway_response({.body = "{\"status\":\"ok\"}"}, "HEAD", "id-1"));
  EXPECT_EQ(json.at("body").as_string(), "");
}

}  // namespace
}  // namespace orderflow::lambda
