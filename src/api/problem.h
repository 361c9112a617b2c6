#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/message.h"
#include "base/result.h"
#include "functions/order_submission.h"

namespace orderflow {

/// What a client did wrong, or why it can not be served now. The whole list: each has one HTTP
/// status, one `code` that programs may rely on, and one title.
enum class Problem {
  InvalidTarget,          ///< 400 invalid_target
  InvalidParameter,       ///< 400 invalid_parameter
  InvalidJson,            ///< 400 invalid_json
  InvalidIdempotencyKey,  ///< 400 invalid_idempotency_key
  UnexpectedBody,         ///< 400 unexpected_body
  Unauthorized,           ///< 401 unauthorized
  NotFound,               ///< 404 not_found
  MethodNotAllowed,       ///< 405 method_not_allowed
  Conflict,               ///< 409 conflict
  UnsupportedMediaType,   ///< 415 unsupported_media_type
  InvalidValue,           ///< 422 invalid_value
  PriceMismatch,          ///< 422 price_mismatch
  UnknownSku,             ///< 422 unknown_sku
  IdempotencyKeyReused,   ///< 422 idempotency_key_reused
  Internal,               ///< 500 internal_error
  Unavailable,            ///< 503 unavailable
  StorageFull,            ///< 503 storage_full
};
inline constexpr int kProblemCount = 17;

[[nodiscard]] int http_status(Problem problem);
[[nodiscard]] std::string_view code_of(Problem problem);
/// The one place that maps operational failures to HTTP.
[[nodiscard]] Problem problem_of(ErrorCode code);

/// application/problem+json (RFC 9457); `detail` is shown, so it holds no personal data. A 503 says
/// Retry-After.
[[nodiscard]] HttpResponse problem_response(Problem problem, std::string_view detail);

/// A failure of a function or port. What went wrong inside (5xx) is told to the host, not the
/// client.
[[nodiscard]] HttpResponse problem_response(const Error& error);

/// 422 with every violation. The code is that of the violations where they agree, else
/// invalid_value.
[[nodiscard]] HttpResponse problem_response(std::span<const Violation> violations);

}  // namespace orderflow
