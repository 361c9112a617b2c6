#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "proof/world/outside.h"
#include "proof/world/stores.h"
#include "proof/world/world.h"

namespace orderflow::world {

inline constexpr std::string_view kAdminToken = "the-token-of-the-admin";

/// A client's request and what came back. Shared: either side may be gone first.
struct Exchange {
  std::uint32_t order = kNoOrder;
  std::string method;
  std::string target;
  std::string key;  ///< Idempotency-Key; empty for none
  std::string body;
  std::optional<HttpResponse> response;
  World::Handler wake;  ///< resumes the client

  void end() {
    if (auto resume = std::exchange(wake, nullptr)) resume();
  }
};
using ExchangePtr = std::shared_ptr<Exchange>;

/// Puts a nudge into the queues of a home.
using Send = std::function<void(Stage, const OrderId&, Duration delay)>;

class SimulatedQueue final : public WorkQueue {
 public:
  SimulatedQueue(World& world, Process& process, Send send)
      : world_(world), process_(process), send_(std::move(send)) {}
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override;

 private:
  World& world_;
  Process& process_;
  Send send_;
};

/// The wall clock of a machine, which may be wrong.
class SimulatedClock final : public Clock {
 public:
  SimulatedClock(World& world, Process& process) : world_(world), process_(process) {}
  Timestamp now() override { return world_.wall_clock() + process_.clock_ahead; }

 private:
  World& world_;
  Process& process_;
};

class SeededIds final : public Ids {
 public:
  explicit SeededIds(std::uint64_t seed) : random_(seed) {}
  OrderId next_order_id(Timestamp now) override;
  double jitter() override { return random_.unit(); }

 private:
  Random random_;
  std::uint64_t ticks_ = 0;  ///< milliseconds << 12 | counter, of the newest id
};

/// orderflow, once started: one life of the local server, or one invocation of a function.
class Program : public Process {
 public:
  Program(World& world, Truth& truth, Outside& outside, Send send,
          std::function<void(const OrderId&)> on_lost, std::uint64_t seed);

  /// Answers the request, and then calls `done`.
  Task<void> serve(ExchangePtr exchange, std::function<void()> done);

 private:
  World& world_;
  FaultyOrderStore orders_;
  FaultyProductStore products_;
  SimulatedQueue queue_;
  FaultyGateway gateway_;
  FaultyCarrier carrier_;
  SimulatedClock clock_;
  SeededIds ids_;

 public:
  Services services;

 private:
  Api api_;
};

}  // namespace orderflow::world
