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

/// Loads the order of a nudge. View::Recent is enough where it shows a step that is due at this
/// stage. Otherwise the nudge may have arrived before the replica that this read asks has the order
/// or its last commit. It is the only nudge, so the latest state decides.
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
  // No step waits longer than kBackoffCap. A longer wait means that the clock was set back: the
  // step is due now.
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
