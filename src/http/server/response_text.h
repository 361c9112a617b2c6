#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/server/http_parser.h"

namespace orderflow {

/// What the server adds to a response.
struct Envelope {
  std::string_view date;  ///< format_http_date()
  std::string_view request_id;
  bool close = false;       ///< say "Connection: close"
  bool keep_alive = false;  ///< say "Connection: keep-alive", which HTTP/1.0 asks for
  bool head_only = false;   ///< the answer to HEAD: every header, no body
};

/// Appends the response as it goes over the wire.
void append_response(std::string& out, const HttpResponse& response, const Envelope& envelope);

/// application/problem+json (RFC 9457).
[[nodiscard]] HttpResponse http_problem_response(const HttpProblem& problem);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string format_http_date(std::chrono::sys_seconds at);

}  // namespace orderflow
