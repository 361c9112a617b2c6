#pragma once

#include <string_view>

#include "http/message.h"

namespace orderflow {

/// An answer that says what was wrong with the request (RFC 9457).
struct ProblemDetails {
  int status;
  std::string_view code;  ///< what programs may rely on; the type is "urn:orderflow:problem:<code>"
  std::string_view title;
  std::string_view detail;  ///< shown to the client, so never personal data
};

/// The answer as application/problem+json. `errors_json`, where given, is a JSON array that becomes
/// the member `errors`.
[[nodiscard]] HttpResponse problem_response(const ProblemDetails& problem,
                                            std::string_view errors_json = {});

}  // namespace orderflow
