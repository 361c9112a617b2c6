#include <fmt/format.h>

#include "adapters/local_queue/in_process_queue.h"
#include "functions/order_recovery.h"
#include "functions/take_step.h"
#include "proof/world/world_home.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLocalRecoveryInterval = 5s;  // as in apps/orderflow/local_home.cc

/// One life of the local server. Its queue, the production one, dies with it.
class LocalLife final : public Program {
 public:
  LocalLife(World& world, Truth& truth, Outside& outside, std::uint64_t seed)
      : Program(
            world, truth, outside,
            [this](Stage stage, OrderId order, Duration delay) {
              ++nudges;
              if (delay > Duration::zero()) delayed_until_.push_back(timers.now() + delay);
              return in_process_queue_.nudge(stage, order, delay);
            },
            Random::mix(seed)),
        // So few that lanes are full now and then.
        in_process_queue_(world.executor(), timers, services.ids, Random(seed).between(1, 8)) {}

  /// As LocalHome and serve() start: the queue, what was open, order-recovery.
  void start() {
    orders.notify_lost(
        [this](const OrderId& id) { world_.start(nudge_what_is_stored(services, id)); });
    in_process_queue_.start([this](Stage stage, OrderId id) { return work_on(stage, id); });
    world_.start(resume());
    world_.start(recover_periodically(services, timers, kLocalRecoveryInterval,
                                      [this](const auto& nudged) { report(nudged); }));
  }

  /// Nudges that wait for their time, for a step that may be done by now; nullopt where one of them
  /// may just have been handed over.
  std::optional<std::int64_t> delayed() {
    const SteadyTime now = timers.now();
    std::int64_t delayed = 0;
    for (const SteadyTime until : delayed_until_) {
      if (until > now + 1s) ++delayed;
      if (until >= now - 1s && until <= now + 1s) return std::nullopt;
    }
    return delayed;
  }

  std::int64_t nudges = 0;      ///< put into the queue
  std::int64_t hand_overs = 0;  ///< and taken from it
  std::int64_t failed_steps = 0;

 private:
  Task<void> resume() {
    ReadOpenOrders read = [this](std::int64_t after, std::int64_t limit) {
      return orders.open_orders(after, limit);
    };
    (void)co_await resume_open_orders(std::move(read), services.queue, services.clock,
                                      report_errors());
  }

  Task<Result<void>> work_on(Stage stage, OrderId id) {
    // The queue hands over several nudges at once: the first may have killed the process.
    if (!alive) co_await world_.never(*this);
    ++hand_overs;
    const Met met = world_.meet(Point::Receive, world_.number_of(id),
                                possible_faults(HomeKind::Local, Point::Receive));
    if (met.is(Fault::CrashBefore)) {
      world_.kill(*this);
      co_await world_.never(*this);
    }
    auto result = co_await take_step(services, stage, id);
    if (!result) ++failed_steps;
    report(result);
    co_return result;
  }

  std::vector<SteadyTime> delayed_until_;
  InProcessQueue in_process_queue_;
};

/// One process with everything in it, started again after each death.
class LocalWorldHome final : public WorldHome {
 public:
  LocalWorldHome(World& world, Truth& truth, Outside& outside) : WorldHome(world, truth, outside) {
    world_.on_death([this](Process&) { restart(); });
  }

  void start() override {
    const std::size_t number = lives_.size();
    lives_.push_back(std::make_unique<LocalLife>(world_, truth_, outside_, world_.seed() + number));
    life().number = static_cast<int>(number);
    life().clock_ahead = clock_ahead_;
    world_.note(kNoOrder, fmt::format("worker {} starts", number));
    if (number > 0) world_.auditor().reopened(truth_.stored(), truth_.products());
    life().start();
  }

  void serve(const ExchangePtr& exchange) override {
    if (life().alive) world_.start(life().serve(exchange, [] {}));
  }

  void kill() override { world_.kill(life()); }

  void set_clock(Duration ahead, std::uint64_t) override {
    life().clock_ahead = clock_ahead_ = ahead;
  }

  void repair() override { set_clock(Duration::zero(), 0); }

  /// What was nudged was handed over, whether or not order-recovery would have healed a loss. A
  /// nudge whose step failed is handed over again, alone or for several: such lives are not
  /// counted.
  void check_at_rest() override {
    const auto delayed = life().delayed();
    if (life().failed_steps > 0 || !delayed || life().nudges - *delayed == life().hand_overs)
      return;
    world_.violate("N1", fmt::format("of {} nudges, {} of them delayed, the queue handed over {}",
                                     life().nudges, *delayed, life().hand_overs));
  }

 private:
  LocalLife& life() { return *lives_.back(); }

  /// Of the commits that were not synced, the oldest may have reached the disk all the same.
  void restart() {
    const Site site{Point::Tick, kNoOrder, static_cast<std::uint32_t>(lives_.size())};
    truth_.flush(world_.draw(site, 30) % (truth_.volatile_count() + 1));
    (void)truth_.roll_back();
    world_.in(world_.between(200ms, 5s, site, 31), nullptr, [this] { start(); });
  }

  Duration clock_ahead_{};
  std::vector<std::unique_ptr<LocalLife>> lives_;  ///< the dead are kept: the last lives
};

}  // namespace

std::unique_ptr<WorldHome> make_local_home(World& world, Truth& truth, Outside& outside) {
  return std::make_unique<LocalWorldHome>(world, truth, outside);
}

}  // namespace orderflow::world
