#pragma once

// CHECK(condition): a bug in orderflow itself ends the process, in release builds too. Never used
// on data from outside, which is validated and answered with an Error.

namespace orderflow {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace orderflow

#define CHECK(condition)                                         \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::orderflow::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
