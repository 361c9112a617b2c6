#pragma once

#include <string>
#include <string_view>

#include "adapters/dynamodb/item.h"
#include "adapters/dynamodb/update.h"
#include "base/result.h"
#include "order/model/event.h"
#include "order/model/transition.h"
#include "ports/product_store.h"

// clang-format off
// The products table: under each SKU the product itself and its ledger.
//
//   sku    S   hash key
//   entry  S   range key: "product", "ledger#<milliseconds>#<random>", or "key#<AdjustmentKey in hex>";
//              or "similar", under a hash of sku_key() in the place of the SKU
//   kind   S   "product#0" .. "product#7", by the SKU, in the product alone: by_kind (kind, sku), keys
//              only, is the list of all, in eight parts since one key takes 1,000 writes a second
//   name S, price N, currency S, available N, reserved N, shipped N, received N: of the product
//   at N, quantity N, reason S: of a row of the ledger, which says what was received or written off, and
//       `key` B where it was adjusted under an Idempotency-Key; a row "key#" repeats quantity and reason
//       of the adjustment that was made under its key
//   of S: of a row "similar", the SKU of a product with that key; written before the product itself
// clang-format on
namespace orderflow::dynamodb {

inline constexpr std::string_view kProductEntry = "product";
inline constexpr std::string_view kSimilarEntry = "similar";
inline constexpr int kKinds = 8;
[[nodiscard]] std::string kind_name(int kind);
/// The kind of the product: the first byte of the SHA-256 of its SKU, modulo kKinds.
[[nodiscard]] std::string kind_of(std::string_view sku);

[[nodiscard]] Attributes product_key(const std::string& sku);
[[nodiscard]] Attributes similar_key(std::string_view sku);
[[nodiscard]] Attributes adjustment_key(const std::string& sku, const AdjustmentKey& key);
[[nodiscard]] Result<Product> read_product(const DynamoItem& item);

/// Moves stock of one SKU as an order says, on condition that it is there.
[[nodiscard]] Update stock_update(std::string_view table, StockMove move, const StockLine& line);

}  // namespace orderflow::dynamodb
