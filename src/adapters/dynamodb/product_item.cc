#include "adapters/dynamodb/product_item.h"

#include <openssl/sha.h>

#include <array>

#include "base/check.h"
#include "base/hex.h"
#include "order/model/sku_key.h"

namespace orderflow::dynamodb {

namespace {

std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest_of(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

std::string kind_name(int kind) { return std::string(kProductEntry) + '#' + std::to_string(kind); }

std::string kind_of(std::string_view sku) { return kind_name(digest_of(sku)[0] % kKinds); }

Attributes product_key(const std::string& sku) {
  return {{"sku", sku}, {"entry", std::string(kProductEntry)}};
}

Attributes similar_key(std::string_view sku) {
  return {{"sku", to_hex(digest_of(sku_key(sku)))}, {"entry", std::string(kSimilarEntry)}};
}

Attributes adjustment_key(const std::string& sku, const AdjustmentKey& key) {
  return {{"sku", sku}, {"entry", "key#" + to_hex(key)}};
}

Result<Product> read_product(const DynamoItem& item) {
  const auto sku = item.text("sku");
  const auto name = item.text("name");
  const auto price = item.number("price");
  const auto code = item.text("currency");
  const auto currency = code ? Currency::from_code(*code) : std::nullopt;
  const auto available = item.number("available");
  const auto reserved = item.number("reserved");
  const auto shipped = item.number("shipped");
  const auto received = item.number("received");
  if (!sku || !name || !price || !currency || !available || !reserved || !shipped || !received) {
    return failure(ErrorCode::Corrupt, "a stored product is not as it was written");
  }
  return Product{.sku = std::string(*sku),
                 .name = std::string(*name),
                 .price = *price,
                 .currency = *currency,
                 .stock = {*available, *reserved, *shipped, *received}};
}

Update stock_update(std::string_view table, StockMove move, const StockLine& line) {
  Update update(table, product_key(line.sku));
  const std::int64_t quantity = line.quantity;
  switch (move) {
    case StockMove::Reserve:
      update.add("available", -quantity).add("reserved", quantity);
      return update.only_if("available", ">=", quantity);
    case StockMove::Release:
      update.add("reserved", -quantity).add("available", quantity);
      return update.only_if("reserved", ">=", quantity);
    case StockMove::Ship:
      update.add("reserved", -quantity).add("shipped", quantity);
      return update.only_if("reserved", ">=", quantity);
    case StockMove::None:
      break;
  }
  UNREACHABLE(move);
}

}  // namespace orderflow::dynamodb
