#include "functions/commit.h"
#include "functions/processors.h"

namespace orderflow {
namespace {

/// The reason of the order, with the SKUs that have too little. If another order has just released
/// stock, it names none.
Task<std::string> describe_sold_out(Services& services, std::vector<StockLine> needed) {
  std::string skus;
  for (const StockLine& line : needed) {
    const auto product = co_await services.products.get(line.sku);
    if (!product || product->stock.available >= line.quantity) continue;
    skus += (skus.empty() ? ": " : ", ") + line.sku;
  }
  co_return "out_of_stock" + skus;
}

}  // namespace

Task<Result<void>> process_inventory(Services& services, OrderPtr order) {
  std::vector<std::string> skus;
  for (const Line& line : order->body->lines) skus.push_back(line.sku);
  auto entries = co_await services.products.catalogue(skus, View::Latest);
  if (!entries) co_return std::unexpected(std::move(entries.error()));
  std::vector<std::string> controlled;
  for (std::size_t i = 0; i < skus.size(); ++i) {
    if ((*entries)[i]) controlled.push_back(std::move(skus[i]));
  }

  const auto needed = needed_stock(*order->body, controlled);
  auto decision = stock_reserved(*order, needed, services.clock.now());
  if (!decision) co_return std::unexpected(std::move(decision.error()));
  auto outcome = co_await services.orders.commit(order->version(), std::move(*decision));
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  switch (*outcome) {
    case CommitOutcome::Committed:
      (void)co_await services.queue.nudge(Stage::Fulfillment, order->id(), Duration::zero());
      break;
    case CommitOutcome::VersionConflict:
      break;  // the other commit has nudged the step that is due now
    case CommitOutcome::SoldOut: {
      auto reason = co_await describe_sold_out(services, needed);
      co_return co_await commit_and_nudge(
          services, order, sold_out(*order, std::move(reason), services.clock.now()));
    }
  }
  co_return Result<void>{};
}

}  // namespace orderflow
