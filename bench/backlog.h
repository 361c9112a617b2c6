#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "connection.h"

namespace orderflow::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Follows over GET /metrics how many of the orders that were answered with 201 are shipped.
class Backlog {
 public:
  /// What was known at one moment.
  struct Sample {
    SteadyTime at;
    std::int64_t acknowledged = 0;
    std::int64_t shipped = 0;
  };

  /// Counts from here: asks once, and waits for the answer.
  explicit Backlog(std::uint16_t port);

  [[nodiscard]] int fd() const { return connection_.fd(); }

  /// Asks, unless an answer is still awaited or the last question is less than 250 ms ago.
  void ask_when_due(SteadyTime now);
  /// Asks now and waits.
  Sample ask(std::int64_t acknowledged);
  /// The sample, once the answer is there. The orders acknowledged up to now are more than those up
  /// to when the server counted, so a backlog comes out too large, never too small.
  std::optional<Sample> receive(std::int64_t acknowledged, SteadyTime now);

 private:
  Sample sample(std::string_view metrics, std::int64_t acknowledged, SteadyTime now) const;

  std::string request_;
  Connection connection_;
  std::int64_t shipped_before_ = 0;
  bool asked_ = false;
  SteadyTime asked_at_{};
};

}  // namespace orderflow::bench
