#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "connection.h"

namespace orderflow::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Follows over GET /metrics how many orders are shipped and how many wait for it.
class Backlog {
 public:
  struct Sample {
    SteadyTime at;
    std::int64_t acknowledged = 0;  ///< answered with 201, when the sample arrived
    std::int64_t shipped = 0;       ///< since this object was made
    /// Stored and not at their end, in the same snapshot as `shipped`: all that were acknowledged
    /// by then, and at most one a connection whose answer was still on its way.
    std::int64_t open = 0;
  };

  /// Counts from here: asks once, and waits for the answer.
  explicit Backlog(std::uint16_t port);

  [[nodiscard]] int fd() const { return connection_.fd(); }

  /// Asks, unless an answer is still awaited or the last question is less than 250 ms ago.
  void ask_when_due(SteadyTime now);
  /// Asks now and waits.
  Sample ask(std::int64_t acknowledged);
  /// The sample, once the answer is there.
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
