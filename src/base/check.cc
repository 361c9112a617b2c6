#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace orderflow {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

void unreachable(const char* expression, long long value, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s has no such value as %lld\n", file, line, expression, value);
  std::abort();
}

}  // namespace orderflow
