#include "proof/world/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "order/rules/due.h"
#include "proof/world/clients.h"

namespace orderflow::world {
namespace {

using namespace std::chrono_literals;

/// The faults stop when the clients are done, or else after about an hour.
constexpr std::uint32_t kFaultyTicksMax = 2'000;
/// How long after the faults, and after an outage, everything that was begun must have ended.
constexpr Duration kRestWithin = 6h;
/// How long a world at rest is watched: nothing more may happen.
constexpr Duration kWatchedAtRest = 2min;
/// Is never answered.
constexpr std::string_view kUnanswered = "pm_sim_unknown_always";
constexpr std::int64_t kEventsMax = 200'000;

class Run {
 public:
  Run(const WorldSetup& setup, WorldResult& result)
      : setup_(setup),
        result_(result),
        auditor_(setup.scenario),
        world_(setup, result, auditor_),
        truth_(world_),
        outside_(world_),
        home_(setup.scenario.home == HomeKind::Local
                  ? make_local_home(world_, truth_, outside_)
                  : make_serverless_home(world_, truth_, outside_)),
        clients_(world_, *home_, truth_) {}

  void to_the_end() {
    stock_shelves();
    home_->start();
    clients_.start();
    tick(1);
    while (!ended_ && world_.step()) {
      if (result_.tally.events > kEventsMax) give_up("events without end");
    }
    result_.tally.virtual_time = world_.now();
    result_.tally.orders = std::ssize(truth_.stored());
    auditor_.finish(truth_.stored(), truth_.products());
    result_.violations = auditor_.violations();
  }

 private:
  void stock_shelves() {
    for (const ProductPlan& plan : setup_.scenario.products) {
      Product product{.sku = plan.sku, .name = plan.sku, .price = plan.price};
      product.stock.available = product.stock.received = plan.available;
      truth_.latest.products[plan.sku] = product;
      truth_.received(plan.sku, plan.available);
    }
  }

  /// While there are faults, lets one happen to the machines; then looks whether the world rests.
  void tick(std::uint32_t n) {
    const Site site{Point::Tick, kNoOrder, n};
    const Duration wait = world_.faulty() ? world_.between(500ms, 3s, site, 60) : Duration(10s);
    world_.in(wait, nullptr, [this, n] {
      if (world_.faulty()) {
        suffer(world_.meet(Point::Tick, kNoOrder, faults_of_tick()));
        if (clients_.done() || n > kFaultyTicksMax) {
          stop_faults_after(world_.between(0s, 60s, {Point::Tick, kNoOrder, n}, 61));
        }
      } else {
        look_for_rest();
      }
      if (!ended_) tick(n + 1);
    });
  }

  /// While the world stands still for days, requests under way would arrive; so it waits for these.
  FaultSet faults_of_tick() const {
    const FaultSet possible = possible_faults(world_.home(), Point::Tick);
    return outside_.under_way > 0 ? possible & ~set_of(Fault::ForgetKeys) : possible;
  }

  void suffer(const Met& met) {
    if (!met.fault) return;
    if (met.is(Fault::ClockForward) || met.is(Fault::ClockBack)) {
      const Duration jump = world_.between(1s, 1h, met.site, 40);
      home_->set_clock(met.is(Fault::ClockForward) ? jump : -jump, world_.draw(met.site, 41));
    } else {
      home_->kill();
    }
    if (met.is(Fault::ForgetKeys)) world_.stand_still(world_.between(25h, 72h, met.site, 62));
  }

  void stop_faults_after(Duration delay) {
    if (stopping_) return;
    stopping_ = true;
    world_.in(delay, nullptr, [this] {
      world_.stop_faults();
      home_->repair();
      faults_stopped_at_ = world_.steady_now();
    });
  }

  void look_for_rest() {
    if (outside_.is_down()) faults_stopped_at_ = world_.steady_now();
    const bool restless = world_.steady_now() - faults_stopped_at_ > kRestWithin;
    if (restless) return give_up("the world does not come to rest");
    if (only_time_helps()) return world_.stand_still(kPatience);
    if (!at_rest()) {
      rested_since_.reset();
      return;
    }
    if (!rested_since_) rested_since_ = world_.now();
    ended_ = world_.now() - *rested_since_ >= kWatchedAtRest;
    if (ended_) home_->check_at_rest();
  }

  /// All that is due has been put off, will not be answered for hours, and is not given up yet. Until
  /// then nothing else would happen.
  bool only_time_helps() const {
    if (outside_.under_way > 0 || truth_.volatile_count() > 0 || !clients_.done()) return false;
    bool too_early = false;
    for (const OrderPtr& order : truth_.stored()) {
      const auto step = due(order->state);
      if (!step) continue;
      const Operation operation = step->operation;
      const int attempt = attempt_due(order->state, operation);
      const bool unanswered =
          (operation == Operation::Authorize && order->body->payment_method == kUnanswered) ||
          outside_.is_broken(idempotency_key(order->id(), operation, attempt));
      const Event& last = order->state.events.back();
      if (!unanswered || last.type != EventType::WorkDeferred) return false;
      too_early = too_early || world_.wall_clock() - last.begun_at() < kPatience;
    }
    return too_early;
  }

  bool at_rest() {
    if (outside_.under_way > 0 || truth_.volatile_count() > 0 || !clients_.done()) return false;
    bool parked = false;
    for (const OrderPtr& order : truth_.stored()) {
      if (due(order->state)) return false;
      parked = parked || order->state.attention;
    }
    if (!parked || operator_came_) return true;
    operator_came_ = true;
    clients_.start_operator();
    return false;
  }

  void give_up(std::string why) {
    for (const OrderPtr& order : truth_.stored()) {
      if (!due(order->state)) continue;
      why += fmt::format(", order {} is {}", world_.number_of(order->id()),
                         to_string(order->state.status));
    }
    world_.violate("L1", std::move(why));
    ended_ = true;
  }

  const WorldSetup& setup_;
  WorldResult& result_;
  Auditor auditor_;
  World world_;
  Truth truth_;
  Outside outside_;
  std::unique_ptr<WorldHome> home_;
  Clients clients_;
  SteadyTime faults_stopped_at_;
  std::optional<Duration> rested_since_;
  bool stopping_ = false;
  bool operator_came_ = false;
  bool ended_ = false;
};

}  // namespace

void WorldTally::add(const WorldTally& other) {
  worlds += other.worlds;
  failed += other.failed;
  virtual_time += other.virtual_time;
  orders += other.orders;
  events += other.events;
  for (std::size_t row = 0; row < coverage.size(); ++row) {
    std::ranges::transform(coverage[row], other.coverage[row], coverage[row].begin(),
                           std::plus<>());
  }
}

std::int64_t WorldTally::injected(Fault fault) const {
  std::int64_t count = 0;
  for (const auto& row : coverage) count += row[static_cast<std::size_t>(fault)];
  return count;
}

WorldSetup setup_of(std::uint64_t seed) {
  return {.seed = seed, .scenario = random_scenario(seed), .faults = FaultPlan::random(seed)};
}

WorldResult simulate(const WorldSetup& setup) {
  WorldResult result;
  Run(setup, result).to_the_end();
  return result;
}

}  // namespace orderflow::world
