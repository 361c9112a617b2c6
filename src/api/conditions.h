#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace orderflow {

/// Whether the request has an If-Match or If-None-Match.
[[nodiscard]] bool has_conditions(const HttpRequest& request);

/// Whether they hold (RFC 9110, 13.1) for a resource with this entity tag; nullopt where it does not
/// exist. If-Match compares strongly, so that a weak tag never matches; If-None-Match weakly.
[[nodiscard]] bool conditions_hold(const HttpRequest& request,
                                   const std::optional<std::string>& etag);

/// The entity tag that has this text, which holds no quote: `"6"`.
[[nodiscard]] std::string strong_etag(std::string_view text);

}  // namespace orderflow
