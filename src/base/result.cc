#include "base/result.h"

#include "base/check.h"

namespace orderflow {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return "invalid_input";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::IllegalTransition:
      return "illegal_transition";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::Throttled:
      return "throttled";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::StorageFull:
      return "storage_full";
    case ErrorCode::Corrupt:
      return "corrupt";
  }
  UNREACHABLE(code);
}

}  // namespace orderflow
