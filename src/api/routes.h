#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "api/handlers.h"

namespace orderflow {

enum class Access : std::uint8_t { Anyone, Admin };

/// What a route does with a body.
enum class BodyRule : std::uint8_t {
  Ignored,   ///< GET: whatever is sent means nothing (RFC 9110, 9.3.1)
  None,      ///< refused
  Optional,  ///< JSON or nothing
  Required,  ///< JSON
};

using AnswerNow = HttpResponse (*)(const Call&);
using AnswerLater = Task<HttpResponse> (*)(const Call&);

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/orders/{orderId}": braces stand for any one segment
  Access access;
  BodyRule body;
  std::span<const std::string_view> parameters;  ///< of the query; any other one is refused
  std::variant<AnswerNow, AnswerLater> handler;
};

/// Every route there is; docs/openapi.yaml describes the same ones.
[[nodiscard]] std::span<const Route> routes();

[[nodiscard]] bool matches(std::string_view pattern, const Target& target);

}  // namespace orderflow
