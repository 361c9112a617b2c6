#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "functions/order_submission.h"
#include "http/problem_details.h"

namespace orderflow {

/// What a client did wrong, or why it cannot be served now. This is the whole list of the API: each
/// has one HTTP status, one `code` that programs may rely on, and one title.
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
  PreconditionFailed,     ///< 412 precondition_failed
  UnsupportedMediaType,   ///< 415 unsupported_media_type
  MisdirectedRequest,     ///< 421 misdirected_request
  InvalidValue,           ///< 422 invalid_value
  PriceMismatch,          ///< 422 price_mismatch
  UnknownSku,             ///< 422 unknown_sku
  IdempotencyKeyReused,   ///< 422 idempotency_key_reused
  Internal,               ///< 500 internal_error
  Unavailable,            ///< 503 unavailable
  StorageFull,            ///< 503 storage_full
};
inline constexpr int kProblemCount = 19;

/// `detail` is shown to the client, so it holds no personal data. A 503 has a Retry-After.
/// `errors_json`, where given, is a JSON array that becomes the member `errors`.
[[nodiscard]] HttpResponse problem_response(Problem problem, std::string_view detail,
                                            std::string_view errors_json = {});

/// The answer to a failure of a function or port. The detail of a 5xx goes to the log, not to the
/// client.
[[nodiscard]] HttpResponse problem_response(const Error& error);

/// 422 with every error. Its code is the one that all errors have in common, otherwise
/// invalid_value.
[[nodiscard]] HttpResponse problem_response(std::span<const FieldError> errors);

}  // namespace orderflow
