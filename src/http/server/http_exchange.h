#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

namespace orderflow {

/// One request and its answer, for metrics and the access log. Of what a client sent it holds only the
/// request id, which is letters, digits, '-' and '_'. The views are valid during the call.
struct HttpExchange {
  std::string_view method;  ///< a literal: "GET", or "OTHER" for a method that HTTP does not name
  std::string_view route;   ///< a literal: the pattern that matched, "" where none did
  std::string_view request_id;
  int status = 0;
  std::chrono::nanoseconds duration{};  ///< from the last byte of the request to the whole answer
  std::size_t bytes = 0;                ///< of the answer, its head included
  std::string_view error;               ///< why it is a 5xx, for the log
};

using HttpObserver = std::function<void(const HttpExchange&)>;

}  // namespace orderflow
