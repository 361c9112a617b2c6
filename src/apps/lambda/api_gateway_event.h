#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace orderflow::lambda {

/// An HTTP request as API Gateway passes it on. Cookies are ignored.
struct ApiGatewayRequest {
  std::shared_ptr<const boost::json::value> event;  ///< what the views of `rest` point into
  std::string target;  ///< origin form, percent-encoded, without the stage
  std::string body;
  HttpRequest rest;                    ///< without target and body
  bool passed_jwt_authorizer = false;  ///< format 2.0 only, where API Gateway itself writes it

  /// Views into this.
  [[nodiscard]] HttpRequest http() const;
};

/// Reads an event in the payload format 2.0 (HTTP APIs, function URLs) or 1.0 (HTTP APIs, REST
/// APIs):
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
///
/// Otherwise returns the answer for the client: 400 where the event has neither format or its body
/// is not valid base64, 413 or 414 where it exceeds a limit of base/limits.h.
///
/// An HTTP API decodes the path, so what its route's parameters hold is taken from the event's path
/// parameters and never decoded again. Format 2.0 joins headers of one name by commas, so two
/// Idempotency-Keys are one with a comma, which the API refuses.
[[nodiscard]] std::expected<ApiGatewayRequest, HttpResponse> read_api_gateway_event(
    std::string_view event);

/// The answer, in a form that both payload formats accept. `method` is that of the request: a HEAD
/// gets no body. `request_id` becomes X-Request-Id, by which the log line can be found.
[[nodiscard]] std::string api_gateway_response(const HttpResponse& response,
                                               std::string_view method,
                                               std::string_view request_id);

}  // namespace orderflow::lambda
