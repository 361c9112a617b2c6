#pragma once

#include <optional>
#include <string>

#include "proof/world/homes.h"
#include "proof/world/world.h"

namespace orderflow::world {

/// The customers of the scenario, the shop's own people, and an operator.
class Clients {
 public:
  Clients(World& world, SimulatedHome& home, const Truth& truth)
      : world_(world), home_(home), truth_(truth) {}

  void start();
  /// Nobody will ask for anything any more.
  [[nodiscard]] bool done() const { return busy_ == 0; }
  /// Puts parked orders back, a few times: for when the faults have stopped.
  void start_operator();

 private:
  Task<void> customer(std::uint32_t number);
  Task<std::string> place(std::uint32_t number);
  Task<void> cancel(std::uint32_t number, std::string id);
  Task<void> wait_for(std::uint32_t number, std::string id, Status status);
  Task<void> look_around(std::uint32_t number, std::string id);
  Task<void> restock();
  Task<void> retry_parked();

  /// nullopt where no answer came.
  Task<std::optional<HttpResponse>> ask(Exchange request);
  /// Again and again until there is an answer that is not a 5xx, a few times at most.
  Task<std::optional<HttpResponse>> ask_until_answered(std::uint32_t number, std::string method,
                                                       std::string target, std::string key,
                                                       std::string body, int tries);
  [[nodiscard]] std::string body_of(std::uint32_t number, std::int64_t more = 0) const;
  [[nodiscard]] FaultSet request_faults(const Exchange& request) const;

  World& world_;
  SimulatedHome& home_;
  const Truth& truth_;
  int busy_ = 0;
};

}  // namespace orderflow::world
