#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow {

using Duration = std::chrono::milliseconds;
/// A point of wall-clock time in UTC, to the millisecond.
using Timestamp = std::chrono::sys_time<Duration>;

/// Milliseconds since 1970: how stores keep a time.
[[nodiscard]] inline std::int64_t epoch_ms(Timestamp at) { return at.time_since_epoch().count(); }

/// RFC 3339 with milliseconds, "2026-01-31T23:59:59.123Z", always 24 letters.
[[nodiscard]] std::string format_rfc3339(Timestamp at);
void append_rfc3339(std::string& out, Timestamp at);

/// Reads RFC 3339 in UTC ("Z" or "+00:00", with or without a fraction) or a bare date, which is its
/// midnight. nullopt for anything else, dates that do not exist included.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace orderflow
