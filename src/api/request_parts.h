#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/handlers.h"
#include "api/json_value.h"
#include "base/ids.h"

namespace orderflow {

/// A part of a request, or the response that says what is wrong with it.
template <typename T>
using Part = std::expected<T, HttpResponse>;

/// The body as JSON; 400 with the position where it is not.
[[nodiscard]] Part<JsonDocument> read_json(const HttpRequest& request);

/// The Idempotency-Key: at most one header, 1 to kIdempotencyKeyBytesMax printable ASCII
/// characters.
[[nodiscard]] Part<std::optional<std::string_view>> read_idempotency_key(
    const HttpRequest& request);

/// The {orderId} of the path; 404 for what is no UUID, without asking the store.
[[nodiscard]] Part<OrderId> read_order_id(const ApiCall& call);

/// The parameter `limit`: 1 to kPageLimitMax, kPageLimitDefault where it was not sent.
[[nodiscard]] Part<std::int64_t> read_limit(const ApiCall& call);

/// The parameter `cursor`, empty where it was not sent. The store says whether it is one of its
/// own.
[[nodiscard]] Part<std::string> read_cursor(const ApiCall& call);

/// 400 invalid_parameter, naming the parameter and never its value.
[[nodiscard]] HttpResponse bad_parameter(std::string_view name, std::string_view detail);

/// nullopt for application/json in UTF-8, sent as it is; else the 415.
[[nodiscard]] std::optional<HttpResponse> refuse_media_type(const HttpRequest& request);

/// Whether it is "Bearer " (in any case) and this token, which must not be empty. Takes the same
/// time wherever the tokens differ.
[[nodiscard]] bool bears_token(std::optional<std::string_view> authorization,
                               std::string_view token);

}  // namespace orderflow
