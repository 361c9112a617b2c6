#pragma once

#include <memory>

#include "proof/world/program.h"

namespace orderflow::world {

/// Where the functions live: starts programs, gives them requests and nudges, and starts them again
/// when they have died.
class WorldHome {
 public:
  virtual ~WorldHome() = default;
  virtual void start() = 0;
  /// Brings the request to a program; where none listens, nothing comes of it.
  virtual void serve(const ExchangePtr& exchange) = 0;
  /// Something happens to the machines: a fault of Point::Tick.
  virtual void suffer(const Met& met) = 0;
  /// The clocks are right again, an operator looks after dead letters.
  virtual void repair() = 0;
  /// The world has come to rest: checks N1 where that can be seen only now.
  virtual void check_at_rest() {}
};

[[nodiscard]] std::unique_ptr<WorldHome> make_local_home(World& world, Truth& truth,
                                                         Outside& outside, std::uint64_t seed);
[[nodiscard]] std::unique_ptr<WorldHome> make_serverless_home(World& world, Truth& truth,
                                                              Outside& outside, std::uint64_t seed);

[[nodiscard]] bool moves_clock(const Met& met);
/// How far.
[[nodiscard]] Duration clock_jump(World& world, const Met& met);

}  // namespace orderflow::world
