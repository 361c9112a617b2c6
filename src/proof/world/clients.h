#pragma once

#include <optional>
#include <string>

#include "proof/world/world.h"
#include "proof/world/world_home.h"

namespace orderflow::world {

/// The customers of the scenario, an admin who adjusts stock, and an operator.
class Clients {
 public:
  Clients(World& world, WorldHome& home, const Truth& truth)
      : world_(world), home_(home), truth_(truth) {}

  void start();
  /// No client will ask for anything any more.
  [[nodiscard]] bool done() const { return busy_ == 0; }
  /// Retries parked orders a few times. For the time after the faults.
  void start_operator();

 private:
  Task<void> customer(std::uint32_t number);
  Task<std::string> place(std::uint32_t number);
  Task<void> wait_for(std::uint32_t number, std::string id, Status status);
  Task<void> look_around(std::uint32_t number, std::string id);
  Task<void> restock();
  Task<void> retry_parked();

  /// nullopt where no answer came.
  Task<std::optional<HttpResponse>> ask(ClientRequest request);
  /// Repeats the request until there is an answer other than 5xx, at most `tries` times.
  Task<std::optional<HttpResponse>> ask_until_answered(ClientRequest request, int tries);
  /// This client ends, without an answer.
  Task<void> vanish();
  [[nodiscard]] ClientRequest submission(std::uint32_t number, std::int64_t more = 0) const;
  [[nodiscard]] std::string body_of(std::uint32_t number, std::int64_t more) const;
  [[nodiscard]] FaultSet request_faults(const ClientRequest& request) const;

  World& world_;
  WorldHome& home_;
  const Truth& truth_;
  int busy_ = 0;
};

}  // namespace orderflow::world
