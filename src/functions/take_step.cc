#include "functions/take_step.h"

#include "base/check.h"
#include "base/limits.h"
#include "functions/commit.h"
#include "functions/processors.h"
#include "order/rules/due.h"
#include "order/rules/transitions.h"

namespace orderflow {

namespace {

/// By how much the clock of a process, or the delay of a queue, may be wrong.
constexpr std::chrono::seconds kClocksDiffer{5};

/// Whether a step is due at this stage, or will be in a moment.
///
/// The commit that puts a step off sends a nudge for its time, so a nudge that comes much earlier is a
/// spare one and is dropped. Sent again, it would circulate for as long as the step waits.
///
/// No step waits longer than kBackoffCap. A longer wait means that the clock was set back: it is due.
bool is_due_here(const Order& order, Stage stage, Timestamp now) {
  const auto step = due(order.state);
  if (!step || step->stage != stage) return false;
  return step->at - now <= kClocksDiffer || step->at - now > kBackoffCap;
}

/// Loads the order of a nudge. View::Recent is enough where it shows a step that is due at this
/// stage. Otherwise the nudge may have arrived before the replica that this read asks has the order
/// or its last commit. It is the only nudge, so the latest state decides.
Task<Result<OrderPtr>> load_nudged(Services& services, Stage stage, OrderId id) {
  auto order = co_await services.orders.load(id, View::Recent);
  const bool missing = !order && order.error().code == ErrorCode::NotFound;
  const bool late = missing || (order && !is_due_here(**order, stage, services.clock.now()));
  if (!late) co_return order;
  co_return co_await services.orders.load(id, View::Latest);
}

Task<Result<void>> process(Services& services, Stage stage, OrderPtr order) {
  switch (stage) {
    case Stage::Payment:
      return process_payment(services, std::move(order));
    case Stage::Inventory:
      return process_inventory(services, std::move(order));
    case Stage::Fulfillment:
      return process_fulfillment(services, std::move(order));
  }
  UNREACHABLE(stage);
}

Actor processor_of(Stage stage) {
  switch (stage) {
    case Stage::Payment:
      return Actor::PaymentProcessor;
    case Stage::Inventory:
      return Actor::InventoryProcessor;
    case Stage::Fulfillment:
      return Actor::FulfillmentProcessor;
  }
  UNREACHABLE(stage);
}

}  // namespace

Task<Result<void>> take_step(Services& services, Stage stage, OrderId id) {
  auto order = co_await load_nudged(services, stage, id);
  if (!order) co_return std::unexpected(std::move(order.error()));
  const Timestamp now = services.clock.now();
  if (!is_due_here(**order, stage, now)) co_return Result<void>{};
  const auto step = due((*order)->state);
  const Duration early = step->at - now;
  if (early > Duration::zero() && early <= kClocksDiffer) {
    co_return co_await services.queue.nudge(stage, id, early);
  }
  const auto in_progress = StepsInProgress::begin(services.in_progress, step->operation, id);
  if (!in_progress) co_return Result<void>{};
  auto done = co_await process(services, stage, std::move(*order));
  if (done || retryable(done.error().code)) co_return done;
  co_return co_await give_up(services, stage, id, std::move(done.error()));
}

Task<Result<void>> give_up(Services& services, Stage stage, OrderId id, Error error) {
  const auto order = co_await services.orders.load(id, View::Latest);
  if (!order) co_return std::unexpected(std::move(error));
  const auto step = due((*order)->state);
  if (!step || step->stage != stage) co_return Result<void>{};
  const int attempt = attempt_due((*order)->state, step->operation);
  const Actor actor = processor_of(stage);
  std::string problem = std::string(to_string(error.code)) + ": " + error.detail;
  const Timestamp now = services.clock.now();
  // Orders that compete for one product may each fail on every delivery. They are healthy, so they are
  // not parked.
  auto decision = retryable(error.code) ? deferred(**order, actor, attempt, std::move(problem),
                                                   services.ids.jitter(), now)
                                        : parked(**order, actor, attempt, std::move(problem), now);
  const auto done = co_await commit_and_nudge(services, *order, std::move(decision));
  if (!done) co_return std::unexpected(std::move(error));
  co_return Result<void>{};
}

}  // namespace orderflow
