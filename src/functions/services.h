#pragma once

#include "ports/carrier.h"
#include "ports/clock.h"
#include "ports/ids.h"
#include "ports/order_store.h"
#include "ports/payment_gateway.h"
#include "ports/product_store.h"
#include "ports/work_queue.h"

namespace orderflow {

enum class UnknownSku {
  MakeToOrder,  ///< a SKU without a product record is not stock-controlled
  Reject,       ///< ... is refused with 422
};

/// What the functions work with. The host makes it once and it outlives every call.
struct Services {
  OrderStore& orders;
  ProductStore& products;
  WorkQueue& queue;
  PaymentGateway& gateway;
  Carrier& carrier;
  Clock& clock;
  Ids& ids;
  UnknownSku unknown_sku = UnknownSku::MakeToOrder;
};

}  // namespace orderflow
