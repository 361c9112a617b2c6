#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow {

/// An HTTP request as both hosts hand it in. The views stay valid until the response is complete.
struct HttpRequest {
  std::string_view method;  ///< "GET"
  std::string_view target;  ///< origin form as sent, still percent-encoded: "/orders?limit=5"
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> content_encoding;
  std::optional<std::string_view> authorization;
  /// Every Idempotency-Key header: more than one is an error of the client.
  std::vector<std::string_view> idempotency_keys;
  std::string_view body;
  /// Whoever was in front of us has made sure that an admin asks (API Gateway's JWT authorizer).
  bool is_admin = false;
};

struct HttpResponse {
  int status = 200;
  std::string_view content_type = "application/json";  ///< a literal
  std::string body;
  /// Further headers; the names are literals. Content-Length, Date and X-Request-Id are the host's.
  std::vector<std::pair<std::string_view, std::string>> headers;
  /// The route that answered, a literal for metrics: "/orders/{orderId}"; "" where none matched.
  std::string_view route;
  /// Why this is a 5xx, for the host's log; the client is not told. Never personal data.
  std::string fault;
};

}  // namespace orderflow
