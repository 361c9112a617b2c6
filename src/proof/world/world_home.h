#pragma once

#include <memory>

#include "proof/world/program.h"

namespace orderflow::world {

/// Where the functions live: starts programs, gives them requests and nudges, and starts them again
/// when they have died.
class WorldHome {
 public:
  WorldHome(World& world, Truth& truth, Outside& outside)
      : world_(world), truth_(truth), outside_(outside) {}
  virtual ~WorldHome() = default;
  virtual void start() = 0;
  /// Brings the request to a program; where none listens, nothing comes of it.
  virtual void serve(const ExchangePtr& exchange) = 0;
  /// Every program that runs dies.
  virtual void kill() = 0;
  /// From now on the clock of one machine, chosen by `drawn`, is this far ahead.
  virtual void set_clock(Duration ahead, std::uint64_t drawn) = 0;
  /// The clocks are right again, an operator looks after dead letters.
  virtual void repair() = 0;
  /// The world has come to rest: checks N1 where that can be seen only now.
  virtual void check_at_rest() {}

 protected:
  World& world_;
  Truth& truth_;
  Outside& outside_;
};

[[nodiscard]] std::unique_ptr<WorldHome> make_local_home(World& world, Truth& truth,
                                                         Outside& outside);
[[nodiscard]] std::unique_ptr<WorldHome> make_serverless_home(World& world, Truth& truth,
                                                              Outside& outside);

}  // namespace orderflow::world
