#include "api/cors.h"

#include <algorithm>

namespace orderflow {
namespace {

constexpr std::string_view kEveryOrigin = "*";

/// The value of Access-Control-Allow-Origin; empty where this page may not read the answer.
std::string_view allowed_origin(const HttpRequest& request, std::span<const std::string> allowed) {
  if (!request.origin) return {};
  if (std::ranges::find(allowed, kEveryOrigin) != allowed.end()) return kEveryOrigin;
  return std::ranges::find(allowed, *request.origin) == allowed.end() ? std::string_view()
                                                                      : *request.origin;
}

}  // namespace

std::optional<HttpResponse> answer_preflight(const HttpRequest& request,
                                             std::span<const std::string> allowed) {
  if (request.method != "OPTIONS" || !request.requested_method) return std::nullopt;
  if (allowed_origin(request, allowed).empty()) return std::nullopt;
  HttpResponse response{.content_type = "text/plain"};
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT");
  response.headers.emplace_back("Access-Control-Allow-Headers",
                                "Authorization, Content-Type, Idempotency-Key, If-Match, "
                                "If-None-Match, X-Request-Id");
  response.headers.emplace_back("Access-Control-Max-Age", "3600");
  allow_origin(response, request, allowed);
  return response;
}

void allow_origin(HttpResponse& response, const HttpRequest& request,
                  std::span<const std::string> allowed) {
  if (allowed.empty()) return;
  // A cache must not give one origin's answer to another.
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = allowed_origin(request, allowed);
  if (origin.empty()) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id");
}

}  // namespace orderflow
