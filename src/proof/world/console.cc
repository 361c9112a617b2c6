#include "proof/world/console.h"

#include <fmt/format.h>

#include <csignal>

namespace orderflow::world {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // set in a signal handler

}  // namespace

int bad_usage(std::string_view why) {
  fmt::print(stderr, "orderflow simulate: {}\n", why);
  return kBadUsage;
}

const std::atomic<bool>& catch_interrupt() {
  interrupted = false;
  (void)std::signal(SIGINT, [](int) { interrupted = true; });
  return interrupted;
}

void ProgressLine::show(std::string_view line) {
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(terminal_ ? 200 : 5'000);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\x1b[K" : "\n");
  shown_ = true;
}

void ProgressLine::end() const {
  if (terminal_ && shown_) fmt::print(stderr, "\n");
}

}  // namespace orderflow::world
