#pragma once

// CHECK(condition): a bug in orderflow itself ends the process, in release builds too. Never used
// on data from outside, which is validated and answered with an Error.
// UNREACHABLE(value): ends the process the same way, after a switch that has a case for each value
// of an enum.

namespace orderflow {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);
[[noreturn]] void unreachable(const char* expression, long long value, const char* file, int line);

}  // namespace orderflow

#define CHECK(condition)                                         \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::orderflow::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#define UNREACHABLE(value) \
  ::orderflow::unreachable(#value, static_cast<long long>(value), __FILE__, __LINE__)
