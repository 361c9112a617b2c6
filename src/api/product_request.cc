#include "api/product_request.h"

#include "api/body_reader.h"
#include "base/limits.h"

namespace orderflow {

Valid<ProductRequest> read_product(const JsonValue& body) {
  const BodyPath root;
  FieldErrors errors;
  ObjectReader reader(body, root, errors);
  reader.allow_only({"name", "price", "currency", "available"});
  const auto name = reader.string("name", kNameCharactersMax, Presence::Required);
  const auto currency = reader.currency("currency");
  const auto price = reader.amount("price", currency, Presence::Required);
  const auto available = reader.integer("available", 0, kStockMax, Presence::Optional);
  if (price > kOrderTotalMinorMax) reader.reject("price", "is larger than the largest order total");
  if (!errors.empty()) return std::unexpected(errors.take());
  return ProductRequest{CatalogueEntry{std::string(*name), *price, *currency}, available};
}

Valid<AdjustmentRequest> read_adjustment(const JsonValue& body) {
  const BodyPath root;
  FieldErrors errors;
  ObjectReader reader(body, root, errors);
  reader.allow_only({"quantity", "reason"});
  const auto quantity = reader.integer("quantity", -kStockMax, kStockMax, Presence::Required);
  const auto reason = reader.string("reason", kReasonCharactersMax, Presence::Required);
  if (quantity == 0) reader.reject("quantity", "must not be 0");
  if (!errors.empty()) return std::unexpected(errors.take());
  return AdjustmentRequest{*quantity, std::string(*reason)};
}

}  // namespace orderflow
