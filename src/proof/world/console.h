#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string_view>

namespace orderflow::world {

// The exit status of `orderflow simulate`.
inline constexpr int kClean = 0;
inline constexpr int kViolated = 1;
inline constexpr int kBadUsage = 2;
inline constexpr int kInterrupted = 130;

/// Says why on stderr. Returns kBadUsage.
int bad_usage(std::string_view why);

/// From now on Ctrl-C sets this, so that a long run ends with its report.
[[nodiscard]] const std::atomic<bool>& catch_interrupt();

/// A line on stderr, over itself at a terminal and every few seconds elsewhere.
class ProgressLine {
 public:
  [[nodiscard]] bool due() const { return std::chrono::steady_clock::now() >= next_; }
  void show(std::string_view line);
  void end() const;

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

}  // namespace orderflow::world
