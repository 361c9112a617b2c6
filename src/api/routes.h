#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/handlers.h"

namespace orderflow {

// The functions of the system that answer HTTP requests. On AWS each is a Lambda function that has
// rights to what its routes need, and to no more.
inline constexpr std::string_view kOrderSubmission = "order-submission";
inline constexpr std::string_view kOrderStatus = "order-status";
/// Also answers a request whose path has a route but not for its method.
inline constexpr std::string_view kOrderAdmin = "order-admin";

enum class Access : std::uint8_t { Anyone, Admin };

/// What a route does with the body of a request.
enum class BodyRule : std::uint8_t {
  Ignored,   ///< not looked at: the body of a GET has no meaning (RFC 9110, 9.3.1)
  None,      ///< must be empty
  Optional,  ///< JSON, or empty
  Required,  ///< JSON
};

struct Route {
  std::string_view method;
  std::string_view pattern;   ///< "/orders/{orderId}": braces stand for any one segment
  std::string_view function;  ///< which answers it: kOrderSubmission, kOrderStatus or kOrderAdmin
  Access access;
  BodyRule body;
  std::span<const std::string_view> parameters;  ///< of the query; all others are refused
  Task<HttpResponse> (*handler)(const ApiCall&);
};

/// Every route; docs/openapi.yaml describes the same ones.
[[nodiscard]] std::span<const Route> routes();

}  // namespace orderflow
