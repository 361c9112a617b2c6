#include "api/product_request.h"

#include "api/body_reader.h"
#include "base/limits.h"

namespace orderflow {

Valid<ProductRequest> read_product(const JsonValue& body) {
  const BodyPath root;
  Violations violations;
  ObjectReader reader(body, root, violations);
  reader.allow_only({"name", "price", "currency", "available"});
  const auto name = reader.string("name", kNameBytesMax, Presence::Required);
  const auto currency = reader.currency("currency");
  const auto price = reader.amount("price", currency, Presence::Required);
  const auto available = reader.integer("available", 0, kStockMax, Presence::Optional);
  if (price > kOrderTotalMinorMax) reader.violate("price", "is more than an order may be worth");
  if (!violations.empty()) return std::unexpected(violations.take());
  return ProductRequest{CatalogueEntry{std::string(*name), *price, *currency}, available};
}

Valid<AdjustmentRequest> read_adjustment(const JsonValue& body) {
  const BodyPath root;
  Violations violations;
  ObjectReader reader(body, root, violations);
  reader.allow_only({"quantity", "reason"});
  const auto quantity = reader.integer("quantity", -kStockMax, kStockMax, Presence::Required);
  const auto reason = reader.string("reason", kReasonBytesMax, Presence::Required);
  if (quantity == 0) reader.violate("quantity", "must not be 0");
  if (!violations.empty()) return std::unexpected(violations.take());
  return AdjustmentRequest{*quantity, std::string(*reason)};
}

}  // namespace orderflow
