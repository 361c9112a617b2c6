#include "base/time.h"

#include <cstdio>

#include "base/check.h"
#include "fuzz/fuzz.h"

// RFC 3339 against days that are counted one year and one month at a time.
namespace orderflow {
namespace {

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

std::int64_t days_since_1970(int year, int month, int day) {
  std::int64_t days = day - 1;
  for (int y = 1970; y < year; ++y) days += is_leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= is_leap(y) ? 366 : 365;
  for (int m = 1; m < month; ++m) days += days_of(year, m);
  return days;
}

}  // namespace

FUZZ(time) {
  const auto at = parse_rfc3339(input);
  if (!at) return;
  const std::string text(input);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d", &year, &month, &day,
                               &hour, &minute, &second);
  CHECK(read == 3 || read == 6);
  CHECK(month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month));
  const std::int64_t seconds =
      ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  CHECK(std::chrono::floor<std::chrono::seconds>(*at).time_since_epoch().count() == seconds);

  const std::string formatted = format_rfc3339(*at);
  CHECK(formatted.size() == 24 && parse_rfc3339(formatted) == at);
}

}  // namespace orderflow
