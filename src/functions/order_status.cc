#include "functions/order_status.h"

namespace orderflow {

Task<Result<OrderPtr>> get_order(Services& services, OrderId id) {
  return services.orders.load(id, View::Durable);
}

}  // namespace orderflow
