#include "functions/take_step.h"

#include "base/check.h"
#include "base/limits.h"
#include "functions/processors.h"
#include "order/rules/due.h"

namespace orderflow {

namespace {

bool is_due_here(const Order& order, Stage stage) {
  const auto step = due(order.state);
  return step && step->stage == stage;
}

/// The order, for a nudge of this stage. As it was a moment ago will do where it has a step due
/// here. That it has none, or is not there, counts only if the latest says so too: the nudge may
/// have been faster than the cheaper read, and it is the only one.
Task<Result<OrderPtr>> load_nudged(Services& services, Stage stage, OrderId id) {
  auto order = co_await services.orders.load(id, View::Recent);
  const bool missing = !order && order.error().code == ErrorCode::NotFound;
  const bool late = missing || (order && !is_due_here(**order, stage));
  if (!late) co_return order;
  co_return co_await services.orders.load(id, View::Latest);
}

}  // namespace

Task<Result<void>> take_step(Services& services, Stage stage, OrderId id) {
  auto order = co_await load_nudged(services, stage, id);
  if (!order) co_return std::unexpected(std::move(order.error()));
  if (!is_due_here(**order, stage)) co_return Result<void>{};
  const auto step = due((*order)->state);
  const Duration early = step->at - services.clock.now();
  // No step waits longer than kBackoffCap: the clock has been set back, and this one is due.
  if (early > Duration::zero() && early <= kBackoffCap) {
    co_return co_await services.queue.nudge(stage, id, early);
  }
  switch (stage) {
    case Stage::Payment:
      co_return co_await process_payment(services, std::move(*order));
    case Stage::Inventory:
      co_return co_await process_inventory(services, std::move(*order));
    case Stage::Fulfillment:
      co_return co_await process_fulfillment(services, std::move(*order));
  }
  UNREACHABLE(stage);
}

}  // namespace orderflow
