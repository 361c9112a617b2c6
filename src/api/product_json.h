#pragma once

#include <string>

#include "ports/product_store.h"

// Products as the HTTP API answers them; docs/openapi.yaml has the schemas.
namespace orderflow {

[[nodiscard]] std::string product_json(const Product& product);

/// {"products": [...], "nextCursor": text or null}
[[nodiscard]] std::string product_page_json(const ProductPage& page);

}  // namespace orderflow
