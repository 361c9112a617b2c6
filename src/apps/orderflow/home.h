#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "functions/services.h"
#include "order/model/status.h"

namespace orderflow {

/// Where a shop lives: the adapters that its functions work with, and the queues that deliver its
/// nudges. Everything else of `orderflow serve` is the same in every home.
class Home {
 public:
  virtual ~Home() = default;

  [[nodiscard]] virtual Services& services() = 0;
  /// The token that admin requests must carry.
  [[nodiscard]] virtual const std::string& admin_token() const = 0;
  /// How often order-recovery runs.
  [[nodiscard]] virtual std::chrono::seconds recovery_interval() const = 0;

  /// From now on each nudge is delivered to take_step(). An exception from it leaves io.run().
  virtual void start() = 0;
  /// Returns when the shop is ready to serve: nothing that is due waits for order-recovery.
  virtual Task<void> make_ready() = 0;
  /// Delivers no more nudges and finishes the steps in flight; what is due stays stored. After it
  /// the home may be destroyed.
  virtual Task<void> stop() = 0;

  /// False while what this process stores does not reach the disk: GET /readyz then answers 503.
  [[nodiscard]] virtual bool can_write() const = 0;
  /// For GET /metrics.
  virtual Task<Result<OrderCounts>> counts() = 0;
  /// For GET /metrics: the size of the shop's write-ahead logs; nullopt where the home has none.
  [[nodiscard]] virtual std::optional<std::uintmax_t> write_ahead_log_bytes() const {
    return std::nullopt;
  }
};

/// take_step() for the queue of a home. It logs an error; the queue decides from the error whether
/// the nudge comes again.
TakeStep logged_take_step(Services& services);

}  // namespace orderflow
