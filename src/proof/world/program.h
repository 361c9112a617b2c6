#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "base/log.h"
#include "proof/world/faulty_stores.h"
#include "proof/world/outside.h"

namespace orderflow::world {

inline constexpr std::string_view kAdminToken = "the-token-of-the-admin";

/// A client's request and what came back. Shared: either side may end first.
struct Exchange {
  ClientRequest request;
  std::optional<HttpResponse> response;
  World::Resume client;  ///< waits for the response

  void end() { World::resume(client); }
};
using ExchangePtr = std::shared_ptr<Exchange>;

/// Puts a nudge into the queue of a home.
using PutNudge = std::function<Task<Result<void>>(Stage, OrderId, Duration delay)>;

class FaultyQueue final : public WorkQueue {
 public:
  FaultyQueue(World& world, Process& process, PutNudge put)
      : world_(world), process_(process), put_(std::move(put)) {}
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override;
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return std::vector<QueueDepth>{}; }

 private:
  World& world_;
  Process& process_;
  PutNudge put_;
};

/// The clock of a machine, which may be wrong.
class WorldClock final : public Clock {
 public:
  WorldClock(World& world, Process& process) : world_(world), process_(process) {}
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
  Program(World& world, Truth& truth, Outside& outside, PutNudge put, std::uint64_t seed);

  /// Answers the request, and then calls `done`.
  Task<void> serve(ExchangePtr exchange, std::function<void()> done);
  /// Has the auditor read the error's text, where there is one.
  template <typename T>
  void report(const Result<T>& result) {
    if (!result) world_.auditor().wrote("error", result.error().detail);
  }
  [[nodiscard]] ReportError report_errors();

 protected:
  World& world_;

 public:
  WorldTimers timers;
  FaultyOrderStore orders;

 private:
  FaultyProductStore products_;
  FaultyQueue queue_;
  FaultyGateway gateway_;
  FaultyCarrier carrier_;
  WorldClock clock_;
  SeededIds ids_;

 public:
  Services services;

 private:
  Api api_;
};

}  // namespace orderflow::world
