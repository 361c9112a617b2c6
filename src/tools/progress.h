#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace orderflow {

/// "audit: 1,200,000 orders", with a comma every three digits.
[[nodiscard]] std::string grouped(std::int64_t number);

/// Prints to stderr how far a long command is: nothing in its first second; then on a terminal one
/// line, rewritten every half second, and elsewhere a line every ten seconds.
class Progress {
 public:
  Progress(std::string command, std::string unit);
  ~Progress();  ///< erases the line on a terminal
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Counts one item more. Looks at the clock only every kStepsPerLook items.
  void step() {
    if (++done_ % kStepsPerLook == 0) look();
  }

 private:
  static constexpr std::int64_t kStepsPerLook = 4'096;
  void look();

  std::string command_;
  std::string unit_;
  bool terminal_;
  bool shown_ = false;
  std::int64_t done_ = 0;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace orderflow
