#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "functions/services.h"
#include "order/model/status.h"

namespace orderflow {

/// Orders that are stored, for GET /metrics.
struct OrderCounts {
  /// nullopt where counting would mean to read every order.
  std::optional<std::array<std::int64_t, kStatusCount>> by_status;
  std::int64_t parked = 0;
};

/// Where a shop lives: the adapters that its functions work with, and the queues that set the
/// functions to work. Everything else of `orderflow serve` is the same in every home.
class Home {
 public:
  using Process = std::function<Task<Result<void>>(Stage, OrderId)>;

  virtual ~Home() = default;

  [[nodiscard]] virtual Services& services() = 0;
  /// What admin requests must bear.
  [[nodiscard]] virtual const std::string& admin_token() const = 0;
  /// How often order-recovery runs.
  [[nodiscard]] virtual std::chrono::seconds recovery_interval() const = 0;

  /// From now on nudges set off `process`, whose errors bring the nudge again. What it throws
  /// leaves io.run().
  virtual void start(Process process) = 0;
  /// Returns when the shop may be called ready: nothing that is due waits for order-recovery.
  virtual Task<void> make_ready() = 0;
  /// Sets off nothing more and finishes what is in flight; what is due stays stored. After it the
  /// home may be destroyed.
  virtual Task<void> stop() = 0;

  virtual Task<Result<OrderCounts>> counts() = 0;
};

}  // namespace orderflow
