#include "base/check.h"
#include "functions/processors.h"

namespace orderflow {

Task<Result<void>> process(Services& services, Stage stage, OrderId id) {
  auto order = co_await services.orders.load(id, View::Latest);
  if (!order) co_return std::unexpected(std::move(order.error()));
  const auto step = due((*order)->state);
  if (!step || step->stage != stage) co_return Result<void>{};
  if (const Duration early = step->at - services.clock.now(); early > Duration::zero()) {
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
  CHECK(!"a stage");
}

}  // namespace orderflow
