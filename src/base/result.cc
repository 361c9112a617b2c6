#include "base/result.h"

#include "base/names.h"

namespace orderflow {
namespace {

constexpr std::string_view kErrorCodes[] = {
    "invalid_input", "not_found", "conflict",    "illegal_transition",
    "timeout",       "throttled", "unavailable", "storage_full",
    "corrupt",       "refused"};

}  // namespace

std::string_view to_string(ErrorCode code) { return name_of(code, kErrorCodes); }

}  // namespace orderflow
