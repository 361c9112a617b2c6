#pragma once

#include <optional>
#include <span>
#include <string>

#include "http/message.h"

namespace orderflow {

// Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol): which pages of other
// origins a browser lets read the answers. An origin is "https://shop.example.com"; "*" is all of
// them. Requests need no cookies, so Access-Control-Allow-Credentials is never sent. On Lambda, API
// Gateway does this.

/// The answer to a preflight of an allowed origin; nullopt for every other request.
[[nodiscard]] std::optional<HttpResponse> answer_preflight(const HttpRequest& request,
                                                           std::span<const std::string> allowed);

/// Adds to the answer to `request` what lets a page of an allowed origin read it.
void allow_origin(HttpResponse& response, const HttpRequest& request,
                  std::span<const std::string> allowed);

}  // namespace orderflow
