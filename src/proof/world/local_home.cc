#include <fmt/format.h>

#include <algorithm>

#include "adapters/local_queue/in_process_queue.h"
#include "functions/order_recovery.h"
#include "functions/take_step.h"
#include "order/rules/due.h"
#include "proof/world/homes.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

// As in apps/orderflow/local_home.cc.
constexpr Duration kRecoveryInterval = 5s;
constexpr Duration kNudgeAfterFailure = 1s;

/// One process with everything in it. What it kept in memory dies with it.
class LocalSide final : public SimulatedHome {
 public:
  LocalSide(World& world, Truth& truth, Outside& outside, std::uint64_t seed)
      : world_(world), truth_(truth), outside_(outside), seed_(seed) {
    world_.on_death([this](Process&) { restart(); });
  }

  void start() override {
    const auto life = static_cast<std::uint32_t>(lives_.size());
    auto send = [this](Stage stage, const OrderId& order, Duration delay) {
      deliver(stage, order, delay, 0);
    };
    auto lost = [this](const OrderId& id) { nudge_what_is_stored(id, kNudgeAfterFailure); };
    lives_.push_back(
        std::make_unique<Program>(world_, truth_, outside_, send, lost, Random::mix(seed_ + life)));
    program().number = static_cast<int>(life);
    program().clock_ahead = clock_ahead_;
    world_.note(kNoOrder, fmt::format("worker {} starts", life));
    if (life > 0) world_.auditor().reopened(truth_.stored(), truth_.products());
    for (const OrderPtr& order : truth_.stored()) nudge_what_is_stored(order->id(), 0ms);
    world_.start(recover(program()));
  }

  void serve(const ExchangePtr& exchange) override {
    if (program().alive) world_.start(program().serve(exchange, [] {}));
  }

  void suffer(const Met& met) override {
    if (!moves_clock(met)) return world_.kill(program());
    clock_ahead_ = clock_jump(world_, met);
    program().clock_ahead = clock_ahead_;
  }

  void repair() override { program().clock_ahead = clock_ahead_ = Duration::zero(); }

 private:
  Program& program() { return *lives_.back(); }

  /// A part of what was not on the disk yet may have reached it all the same, from the oldest on.
  void restart() {
    const Site site{Point::Tick, kNoOrder, static_cast<std::uint32_t>(lives_.size())};
    truth_.flush(world_.draw(site, 30) % (truth_.volatile_count() + 1));
    (void)truth_.roll_back();
    world_.in(world_.between(200ms, 5s, site, 31), nullptr, [this] { start(); });
  }

  void deliver(Stage stage, OrderId id, Duration delay, int deliveries) {
    world_.in(delay, &program(), [this, stage, id, deliveries] {
      const Met met = world_.meet(Point::Deliver, world_.number_of(id),
                                  possible_faults(Home::Local, Point::Deliver));
      if (met.is(Fault::CrashBefore)) return world_.kill(program());
      world_.start(work(program(), stage, id, deliveries));
    });
  }

  Task<void> work(Program& life, Stage stage, OrderId id, int deliveries) {
    const auto result = co_await take_step(life.services, stage, id);
    if (!life.alive || result) co_return;
    world_.auditor().wrote("error", result.error().detail);
    if (!retryable(result.error().code)) co_return;  // until order-recovery
    const Duration wait = kRedelivery.wait(deliveries + 1, life.services.ids.jitter());
    deliver(stage, id, std::max(wait, Duration(1)), deliveries + 1);
  }

  void nudge_what_is_stored(const OrderId& id, Duration delay) {
    const auto step = due(truth_.durable.orders.at(id)->state);
    if (!step) return;
    const Timestamp now = world_.wall_clock() + program().clock_ahead;
    deliver(step->stage, id, std::max(delay, step->at - now), 0);
  }

  Task<void> recover(Program& life) {
    while (life.alive) {
      co_await world_.pass(&life, kRecoveryInterval);
      const auto nudged = co_await recover_overdue(life.services);
      if (!nudged) world_.auditor().wrote("error", nudged.error().detail);
    }
  }

  World& world_;
  Truth& truth_;
  Outside& outside_;
  std::uint64_t seed_;
  Duration clock_ahead_{};
  std::vector<std::unique_ptr<Program>> lives_;  ///< the dead are kept: the last lives
};

}  // namespace

std::unique_ptr<SimulatedHome> make_local_home(World& world, Truth& truth, Outside& outside,
                                               std::uint64_t seed) {
  return std::make_unique<LocalSide>(world, truth, outside, seed);
}

bool moves_clock(const Met& met) { return met.is(Fault::ClockForward) || met.is(Fault::ClockBack); }

Duration clock_jump(World& world, const Met& met) {
  const Duration jump = world.between(1s, 1h, met.site, 40);
  return met.is(Fault::ClockForward) ? jump : -jump;
}

}  // namespace orderflow::world
