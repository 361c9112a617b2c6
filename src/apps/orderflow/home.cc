#include "apps/orderflow/home.h"

#include "base/log.h"
#include "functions/take_step.h"

namespace orderflow {
namespace {

Task<Result<void>> take_step_and_log(Services& services, Stage stage, OrderId order) {
  auto result = co_await take_step(services, stage, order);
  if (!result) {
    log_error("a step of an order could not be recorded", result.error(),
              {{"queue", to_string(stage)}, {"orderId", order.to_string()}});
  }
  co_return result;
}

}  // namespace

TakeStep logged_take_step(Services& services) {
  return
      [&services](Stage stage, OrderId order) { return take_step_and_log(services, stage, order); };
}

}  // namespace orderflow
