#include "base/time.h"

namespace orderflow {
namespace {

void put_digits(char* to, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads exactly `count` digits at the front of `text` and drops them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void append_rfc3339(std::string& out, Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<unsigned>((at - day).count());
  char text[] = "0000-00-00T00:00:00.000Z";
  put_digits(text, static_cast<unsigned>(int{date.year()}), 4);
  put_digits(text + 5, unsigned{date.month()}, 2);
  put_digits(text + 8, unsigned{date.day()}, 2);
  put_digits(text + 11, ms / 3'600'000, 2);
  put_digits(text + 14, ms / 60'000 % 60, 2);
  put_digits(text + 17, ms / 1'000 % 60, 2);
  put_digits(text + 20, ms % 1'000, 3);
  out.append(text, sizeof text - 1);
}

std::string format_rfc3339(Timestamp at) {
  std::string out;
  append_rfc3339(out, at);
  return out;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  Timestamp at = std::chrono::sys_days{date};
  if (text.empty()) return at;

  if (!take(text, 'T') && !take(text, 't')) return std::nullopt;  // RFC 3339, 5.6: in either case
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  int ms = 0;
  if (take(text, '.')) {
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
      if (digits++ < 3) ms = ms * 10 + (text.front() - '0');
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 3; ++digits) ms *= 10;
  }
  if (text != "Z" && text != "z" && text != "+00:00") return std::nullopt;
  return at + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + Duration(ms);
}

}  // namespace orderflow
