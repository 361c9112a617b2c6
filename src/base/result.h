#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace orderflow {

/// What can go wrong operationally. Closed: every switch over it is exhaustive. A business outcome
/// (declined, sold out) is not an error, it is a transition of the order.
enum class ErrorCode {
  InvalidInput,       ///< The caller's value is not acceptable; `detail` says why, safe to show.
  NotFound,           ///< No such order or product.
  Conflict,           ///< The stored state does not allow it now.
  IllegalTransition,  ///< The status table has no such step.
  Timeout,            ///< No answer in time; the effect may or may not have happened.
  Throttled,          ///< The other side asks for fewer requests.
  Unavailable,        ///< The other side is down or broken; trying later may help.
  StorageFull,        ///< Nothing can be written now; what is stored is safe.
  Corrupt,            ///< Stored data does not read back as what was written.
  Refused,            ///< The other side refuses this very request, and always would.
};

[[nodiscard]] std::string_view to_string(ErrorCode code);  ///< for logs: "storage_full"

struct Error {
  ErrorCode code;
  std::string detail;  ///< For a person; never holds personal data.
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> failure(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, std::move(detail)});
}

/// True where the same request may succeed later without anyone changing it.
[[nodiscard]] constexpr bool retryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::Timeout:
    case ErrorCode::Throttled:
    case ErrorCode::Unavailable:
    case ErrorCode::StorageFull:
      return true;
    case ErrorCode::InvalidInput:
    case ErrorCode::NotFound:
    case ErrorCode::Conflict:
    case ErrorCode::IllegalTransition:
    case ErrorCode::Corrupt:
    case ErrorCode::Refused:
      return false;
  }
  return false;
}

}  // namespace orderflow
