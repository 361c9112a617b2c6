#include "audit/clock_difference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/uuid7.h"

namespace orderflow {
namespace {

/// The last time that RFC 3339 can write: the 48 bits of an id go further.
constexpr Timestamp kLastTime =
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - Duration(1);

std::string ahead(std::string_view what, Timestamp at, Timestamp now) {
  return fmt::format("{} is of {}, more than {} hours ahead of this machine's clock, {}", what,
                     format_rfc3339(std::min(at, kLastTime)), kAheadOfClockMax.count(),
                     format_rfc3339(now));
}

}  // namespace

std::string clock_difference(const OrderBody& body, Timestamp now) {
  const Timestamp latest = now + kAheadOfClockMax;
  if (body.created_at < Timestamp()) return "its createdAt is before 1970";
  if (body.created_at > latest) return ahead("its createdAt", body.created_at, now);
  if (body.id.version() != 7) return "";
  const Timestamp id_at = uuid_time(body.id);
  return id_at > latest ? ahead("its id", id_at, now) : "";
}

}  // namespace orderflow
