#include "tools/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace orderflow {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

Progress::Progress(std::string command, std::string unit)
    : command_(std::move(command)),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      next_(steady_clock::now() + 1s) {}

Progress::~Progress() {
  if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::look() {
  const auto now = steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? steady_clock::duration(500ms) : 10s);
  shown_ = true;
  fmt::print(stderr, "{}{}: {} {}{}", terminal_ ? "\r" : "", command_, grouped(done_), unit_,
             terminal_ ? "\x1b[K" : "\n");
  std::fflush(stderr);
}

}  // namespace orderflow
