#include "apps/lambda/api_gateway_event.h"

#include <boost/beast/core/string.hpp>
#include <functional>

#include "adapters/aws/aws_json.h"
#include "api/target.h"
#include "base/base64.h"
#include "base/hex.h"
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

/// Appends the path in its encoded form. REST APIs and function URLs send it encoded, HTTP APIs
/// decoded, and the event does not say which: so only characters that an encoded path cannot have
/// are escaped.
void append_path(std::string& target, std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    const bool escape = c == '%' && i + 2 < path.size() && hex_value(path[i + 1]) >= 0 &&
                        hex_value(path[i + 2]) >= 0;
    const bool plain = c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '%';
    if (escape || plain) {
      target += c;
    } else {
      append_percent_encoded(target, path.substr(i, 1));
    }
  }
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
              query += query.empty() ? '?' : '&';
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
  if (method && path) {
    request.passed_jwt_authorizer =
        member(member(member(context, "authorizer"), "jwt"), "claims").is_object();
    append_path(request.target, without_stage(*path, context));
    const auto query = text_member(event, "rawQueryString");
    if (query && !query->empty()) request.target.append("?").append(*query);
  } else {
    method = text_member(event, "httpMethod");
    path = text_member(event, "path");
    if (!method || !path) return false;
    append_path(request.target, without_stage(*path, context));
    request.target += query_of_format_1(event);
  }
  request.rest.method = *method;
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
