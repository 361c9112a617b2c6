#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/handlers.h"
#include "api/json_value.h"
#include "api/order_request.h"
#include "api/problem.h"
#include "base/ids.h"

namespace orderflow {

/// A part of a request, or the response that refuses it.
template <typename T>
using Part = std::expected<T, HttpResponse>;

/// The body as JSON; otherwise 400 with the position of the error.
[[nodiscard]] Part<JsonDocument> read_json(const HttpRequest& request);

/// The body, read with a function such as read_product(); otherwise 400, or 422 with every error.
template <typename T>
[[nodiscard]] Part<T> read_body(const HttpRequest& request, Valid<T> (*read)(const JsonValue&)) {
  const auto document = read_json(request);
  if (!document) return std::unexpected(document.error());
  auto body = read(document->root());
  if (!body) return std::unexpected(problem_response(body.error()));
  return std::move(*body);
}

/// The Idempotency-Key: at most one header, 1 to kIdempotencyKeyBytesMax printable ASCII
/// characters, a comma between double quotes only.
[[nodiscard]] Part<std::optional<std::string_view>> read_idempotency_key(
    const HttpRequest& request);

/// The {orderId} of the path; 404 where it is no UUID.
[[nodiscard]] Part<OrderId> read_order_id(const ApiCall& call);

/// The parameter `limit`: 1 to kPageLimitMax; kPageLimitDefault where it was not sent.
[[nodiscard]] Part<std::int64_t> read_limit(const ApiCall& call);

/// The parameter `cursor`, empty where it was not sent. The store checks whether it is one of its
/// own.
[[nodiscard]] Part<std::string> read_cursor(const ApiCall& call);

/// 400 invalid_parameter. The detail has the name of the parameter, not its value.
[[nodiscard]] HttpResponse bad_parameter(std::string_view name, std::string_view detail);

/// nullopt for application/json in UTF-8 without a Content-Encoding; otherwise the 415.
[[nodiscard]] std::optional<HttpResponse> refuse_media_type(const HttpRequest& request);

/// Whether the header is "Bearer " (in any case) and this token, which must not be empty. Compares
/// in constant time.
[[nodiscard]] bool bears_token(std::optional<std::string_view> authorization,
                               std::string_view token);

}  // namespace orderflow
