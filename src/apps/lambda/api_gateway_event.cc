#include "apps/lambda/api_gateway_event.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <functional>

#include "adapters/aws/aws_json.h"
#include "base/base64.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "base/percent.h"
#include "http/list_header.h"
#include "http/problem_details.h"

namespace orderflow::lambda {
namespace {

static_assert(kBodyBytesMax == 256 * 1024 && kUriBytesMax == 8 * 1024);  // named in the texts

namespace json = boost::json;
using boost::beast::iequals;

// Problems that are found before the API sees the request. The local home answers the same codes.
constexpr ProblemDetails kNotARequest{400, "malformed_request", "Bad Request",
                                      "The event is not an HTTP request from API Gateway."};
constexpr ProblemDetails kDoubledContentType{400, "malformed_request", "Bad Request",
                                             "The header Content-Type was sent more than once."};
constexpr ProblemDetails kDoubledAuthorization{400, "malformed_request", "Bad Request",
                                               "The header Authorization was sent more than once."};
constexpr ProblemDetails kBadBase64{400, "malformed_request", "Bad Request",
                                    "The body is not valid base64."};
constexpr ProblemDetails kBodyTooLarge{413, "body_too_large", "Payload Too Large",
                                       "The body has more than 256 KiB."};
constexpr ProblemDetails kUriTooLong{414, "uri_too_long", "URI Too Long",
                                     "The request target has more than 8 KiB."};

/// A greedy parameter takes the rest of the path. Of POST /products/{sku+} this is its end.
constexpr std::string_view kAfterGreedy = "/adjustments";

/// HTTP APIs decode the path; REST APIs, whose events have no version, and function URLs do not.
bool has_decoded_path(const json::value& event, const json::value& context) {
  const auto host = text_member(context, "domainName").value_or("");
  return text_member(event, "version") && host.find(".lambda-url.") == std::string_view::npos;
}

/// The encoded path of a request that matched a route such as "PUT /products/{sku+}": the route with
/// its parameters, which API Gateway has decoded once. nullopt where the route has none.
std::optional<std::string> path_of_route(const json::value& event, std::string_view method) {
  std::string_view route = text_member(event, "routeKey").value_or("");
  route.remove_prefix(std::min(route.find('/'), route.size()));
  if (route.find('{') == std::string_view::npos) return std::nullopt;
  std::string path;
  for (std::size_t open; (open = route.find('{')) != std::string_view::npos;) {
    const std::size_t close = route.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    path += route.substr(0, open);
    std::string_view name = route.substr(open + 1, close - open - 1);
    route.remove_prefix(close + 1);
    const bool greedy = name.ends_with('+');
    if (greedy) name.remove_suffix(1);
    auto value = text_member(member(event, "pathParameters"), name);
    if (!value) return std::nullopt;
    const bool goes_on = greedy && method == "POST" && value->ends_with(kAfterGreedy);
    if (goes_on) value->remove_suffix(kAfterGreedy.size());
    append_percent_encoded(path, *value);
    if (goes_on) path += kAfterGreedy;
  }
  return path.append(route);
}

/// "/prod/orders" in the stage "prod" is "/orders": paths at the default address of an API begin
/// with the stage.
std::string_view without_stage(std::string_view path, const json::value& context) {
  const auto stage = text_member(context, "stage");
  if (!stage || stage->empty() || !path.starts_with('/')) return path;
  const std::string_view after_slash = path.substr(1);
  if (!after_slash.starts_with(*stage)) return path;
  const std::string_view rest = after_slash.substr(stage->size());
  if (rest.empty()) return "/";
  return rest.front() == '/' ? rest : path;
}

/// Calls `take` with each name and value of a member that maps names to values. Names with several
/// values are complete in the member `several` only, {"name":["value"]}; a format may lack it.
void each_pair(const json::value& event, std::string_view several, std::string_view single,
               const std::function<void(std::string_view name, std::string_view value)>& take) {
  const bool has_several = member(event, several).is_object();
  const auto* pairs = member(event, has_several ? several : single).if_object();
  if (pairs == nullptr) return;
  for (const auto& [name, value] : *pairs) {
    if (const auto text = text_of(value)) take(name, *text);
    if (!value.is_array()) continue;
    for (const json::value& element : value.get_array()) {
      if (const auto text = text_of(element)) take(name, *text);
    }
  }
}

/// The query of an event in format 1.0, which has the parameters decoded.
std::string query_of_format_1(const json::value& event) {
  std::string query;
  each_pair(event, "multiValueQueryStringParameters", "queryStringParameters",
            [&query](std::string_view name, std::string_view value) {
              if (!query.empty()) query += '&';
              append_percent_encoded(query, name);
              query += '=';
              append_percent_encoded(query, value);
            });
  return query;
}

/// The problem with the headers, where there is one.
const ProblemDetails* take_headers(HttpRequest& request, const json::value& event) {
  const ProblemDetails* problem = nullptr;
  const auto set = [&problem](std::optional<std::string_view>& header, std::string_view value,
                              const ProblemDetails& doubled) {
    if (header) problem = &doubled;
    header = value;
  };
  const auto take = [&](std::string_view name, std::string_view value) {
    if (iequals(name, "Content-Type")) set(request.content_type, value, kDoubledContentType);
    if (iequals(name, "Authorization")) set(request.authorization, value, kDoubledAuthorization);
    if (iequals(name, "If-Match")) request.if_match.push_back(value);
    if (iequals(name, "If-None-Match")) request.if_none_match.push_back(value);
    if (iequals(name, "Idempotency-Key")) request.idempotency_keys.push_back(value);
    // May be sent several times. One that is not the identity is kept: it will be refused.
    if (iequals(name, "Content-Encoding") &&
        lists_only(request.content_encoding.value_or(""), "identity")) {
      request.content_encoding = value;
    }
  };
  each_pair(event, "multiValueHeaders", "headers", take);
  return problem;
}

/// The problem with the body, where there is one.
const ProblemDetails* take_body(ApiGatewayRequest& request) {
  const json::value& event = *request.event;
  const auto body = text_member(event, "body");
  if (!body) return nullptr;
  const json::value& is_base64 = member(event, "isBase64Encoded");
  if (is_base64.is_bool() && is_base64.get_bool()) {
    auto bytes = decode_base64(*body);
    if (!bytes) return &kBadBase64;
    request.body = std::move(*bytes);
  } else {
    request.body = *body;
  }
  return request.body.size() > kBodyBytesMax ? &kBodyTooLarge : nullptr;
}

/// Method and target; false where the event has the shape of neither format.
bool take_request_line(ApiGatewayRequest& request) {
  const json::value& event = *request.event;
  const json::value& context = member(event, "requestContext");
  auto method = text_member(member(context, "http"), "method");
  auto path = text_member(event, "rawPath");
  std::string query;
  std::optional<std::string> encoded_path;
  if (method && path) {
    request.passed_jwt_authorizer =
        member(member(member(context, "authorizer"), "jwt"), "claims").is_object();
    query = text_member(event, "rawQueryString").value_or("");
    encoded_path = path_of_route(event, *method);
  } else {
    method = text_member(event, "httpMethod");
    path = text_member(event, "path");
    if (!method || !path) return false;
    query = query_of_format_1(event);
  }
  request.rest.method = *method;
  if (encoded_path) {
    request.target = std::move(*encoded_path);
  } else if (has_decoded_path(event, context)) {
    append_percent_encoded(request.target, without_stage(*path, context), "/");
  } else {
    request.target = without_stage(*path, context);
  }
  if (!query.empty()) request.target.append("?").append(query);
  return true;
}

}  // namespace

HttpRequest ApiGatewayRequest::http() const {
  HttpRequest request = rest;
  request.target = target;
  request.body = body;
  return request;
}

std::expected<ApiGatewayRequest, HttpResponse> read_api_gateway_event(std::string_view event) {
  ApiGatewayRequest request{.event = std::make_shared<const json::value>(parse_json(event))};
  if (!take_request_line(request)) return std::unexpected(problem_response(kNotARequest));
  if (request.target.size() > kUriBytesMax) return std::unexpected(problem_response(kUriTooLong));
  if (const ProblemDetails* const problem = take_headers(request.rest, *request.event)) {
    return std::unexpected(problem_response(*problem));
  }
  if (const ProblemDetails* const problem = take_body(request)) {
    return std::unexpected(problem_response(*problem));
  }
  return request;
}

std::string api_gateway_response(const HttpResponse& response, std::string_view method,
                                 std::string_view request_id) {
  std::string text;
  text.reserve(response.body.size() + response.body.size() / 4 + 256);
  JsonWriter json(text);
  json.begin_object().member("statusCode", response.status);
  json.key("headers").begin_object().member("Content-Type", response.content_type);
  if (!response.cache_control.empty()) json.member("Cache-Control", response.cache_control);
  json.member("X-Request-Id", request_id);
  for (const auto& [name, value] : response.headers) json.member(name, value);
  json.end_object();
  json.member("body", method == "HEAD" ? std::string_view() : std::string_view(response.body));
  json.member("isBase64Encoded", false).end_object();
  return text;
}

}  // namespace orderflow::lambda
