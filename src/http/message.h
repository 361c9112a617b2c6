#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow {

/// A request as the HTTP server and the Lambda runtime pass it to the API. The views are valid until
/// the response is complete.
struct HttpRequest {
  std::string_view method;  ///< "GET"
  std::string_view target;  ///< origin form as sent, still percent-encoded: "/orders?limit=5"
  /// The Host header, or the host of a target in absolute form; "" where there is none.
  std::string_view host;
  /// Bytes that stand for the client's address, for counts by client. Of an IPv6 address the first
  /// 64 bits: a client has all of the others. "" where the address is not known.
  std::string_view client;
  std::optional<std::string_view> content_type;
  /// Of several lines, one with a coding other than "identity", where there is one.
  std::optional<std::string_view> content_encoding;
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> origin;            ///< of the page that a browser sends this for
  std::optional<std::string_view> requested_method;  ///< Access-Control-Request-Method
  /// Every Idempotency-Key header: with more than one, the API refuses the request.
  std::vector<std::string_view> idempotency_keys;
  std::vector<std::string_view> if_match;       ///< every line of it
  std::vector<std::string_view> if_none_match;  ///< every line of it
  std::string_view body;
  /// API Gateway's JWT authorizer has checked that the client is an admin.
  bool is_admin = false;
};

struct HttpResponse {
  int status = 200;
  std::string_view content_type = "application/json";  ///< a literal; "" where there is no content
  /// A literal; "" leaves it to the client. Most answers hold personal data or change at any moment.
  std::string_view cache_control = "no-store";
  std::string body;
  /// Further headers; the names are literals. The server adds Content-Length, Date and X-Request-Id.
  std::vector<std::pair<std::string_view, std::string>> headers;
  /// The route that answered, a literal for metrics: "/orders/{orderId}"; "" where none matched.
  std::string_view route;
  /// Why this is a 5xx, for the log; not sent to the client. Never personal data.
  std::string error_detail;
};

}  // namespace orderflow
