#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/json_value.h"
#include "api/order_request.h"
#include "ports/product_store.h"

namespace orderflow {

struct ProductRequest {
  CatalogueEntry entry;
  std::optional<std::int64_t> available;
};
/// PUT /products/{sku}.
[[nodiscard]] Valid<ProductRequest> read_product(const JsonValue& body);

struct AdjustmentRequest {
  std::int64_t quantity = 0;  ///< not zero; below zero it removes stock
  std::string reason;
};
/// POST /products/{sku}/adjustments.
[[nodiscard]] Valid<AdjustmentRequest> read_adjustment(const JsonValue& body);

}  // namespace orderflow
