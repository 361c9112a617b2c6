#include <boost/json.hpp>

#include "adapters/dynamodb/item.h"
#include "adapters/dynamodb/order_item.h"
#include "adapters/dynamodb/product_item.h"
#include "base/check.h"
#include "fuzz/fuzz.h"

// An item of DynamoDB, read as an order, as a product and for its fingerprint.
namespace orderflow::dynamodb {
namespace {

DynamoItem as_stored(const Attributes& attributes) {
  std::string text;
  JsonWriter out(text);
  write_item(out, attributes);
  return DynamoItem(boost::json::parse(text));
}

void check_order(const DynamoItem& item) {
  const auto order = read_order(item);
  if (!order) {
    CHECK(order.error().code == ErrorCode::Corrupt);
    return;
  }
  const auto again = read_order(as_stored(order_item(**order, std::nullopt, "token")));
  CHECK(again && *(*again)->body == *(*order)->body && (*again)->state == (*order)->state);
}

void check_fingerprint(const DynamoItem& item) {
  const auto bytes = item.binary("fingerprint");
  if (!bytes) return;
  CHECK(as_stored({{"fingerprint", Binary{*bytes}}}).binary("fingerprint") == bytes);
}

}  // namespace

FUZZ(dynamodb_item) {
  static_cast<void>(id_in(input));
  if (const auto at = created_at(input)) CHECK(input.starts_with(sort_at(*at)));
  boost::system::error_code error;
  const auto parsed = boost::json::parse(input, error);
  if (error || !parsed.is_object()) return;
  const DynamoItem item(parsed);
  check_order(item);
  check_fingerprint(item);
  const auto product = read_product(item);
  CHECK(product || product.error().code == ErrorCode::Corrupt);
}

}  // namespace orderflow::dynamodb
