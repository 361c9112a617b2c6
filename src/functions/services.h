#pragma once

#include <memory>

#include "functions/breaker.h"
#include "functions/steps_in_progress.h"
#include "ports/carrier.h"
#include "ports/clock.h"
#include "ports/ids.h"
#include "ports/order_store.h"
#include "ports/payment_gateway.h"
#include "ports/product_store.h"
#include "ports/work_queue.h"

namespace orderflow {

enum class UnknownSku {
  MakeToOrder,  ///< an order may have SKUs without a product record; their stock is not counted
  Reject,       ///< an order with such a SKU is refused with 422
};

/// The ports that the functions work with. Made once by the program; outlives every call.
struct Services {
  OrderStore& orders;
  ProductStore& products;
  WorkQueue& queue;
  PaymentGateway& gateway;
  Carrier& carrier;
  Clock& clock;
  Ids& ids;
  UnknownSku unknown_sku = UnknownSku::MakeToOrder;
  std::shared_ptr<StepsInProgress> in_progress = std::make_shared<StepsInProgress>();
  Breaker payment_breaker{};
  Breaker carrier_breaker{};
};

}  // namespace orderflow
