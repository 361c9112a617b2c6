#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace orderflow::lambda {

/// What API Gateway made of an HTTP request, as the API takes it. Cookies are ignored.
struct ApiGatewayRequest {
  std::string method;
  std::string target;  ///< origin form, percent-encoded, without the stage
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> authorization;
  std::vector<std::string> idempotency_keys;
  std::string body;
  bool passed_jwt_authorizer = false;  ///< format 2.0 only: what API Gateway itself writes there

  /// Views into this.
  [[nodiscard]] HttpRequest http() const;
};

/// Reads an event in the payload format 2.0 (HTTP APIs, function URLs) or 1.0 (HTTP APIs, REST
/// APIs):
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
///
/// Where it is neither, where its body is not the base64 that it says it is, and where it is beyond
/// the limits of base/limits.h, the answer for the client: 400, 413 or 414.
///
/// Two things that a client sent can not be had from the events. An HTTP API decodes the path, so
/// an escaped '/' comes as a '/'. Format 2.0 joins headers of one name by commas, so two
/// Idempotency-Keys come as one, which is taken for the key that it may be.
[[nodiscard]] std::expected<ApiGatewayRequest, HttpResponse> read_api_gateway_event(
    std::string_view event);

/// The answer, in the one form that both payload formats take. `method` is the request's: HEAD has
/// no body. `request_id` becomes X-Request-Id, which finds the log line.
[[nodiscard]] std::string api_gateway_response(const HttpResponse& response,
                                               std::string_view method,
                                               std::string_view request_id);

}  // namespace orderflow::lambda
