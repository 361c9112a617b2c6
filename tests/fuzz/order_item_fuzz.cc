#include "adapters/dynamodb/order_item.h"

#include <boost/json.hpp>

#include "base/check.h"
#include "fuzz/fuzz.h"

// An order as an item of DynamoDB.
namespace orderflow::dynamodb {

FUZZ(order_item) {
  static_cast<void>(created_at(input));
  static_cast<void>(id_in(input));
  boost::system::error_code error;
  const auto parsed = boost::json::parse(input, error);
  if (error || !parsed.is_object()) return;
  const auto order = read_order(Item(parsed.get_object()));
  if (!order) {
    CHECK(order.error().code == ErrorCode::Corrupt);
    return;
  }
  std::string text;
  JsonWriter out(text);
  write_item(out, order_item(**order, std::nullopt, "token"));
  const auto written = boost::json::parse(text).as_object();
  const auto again = read_order(Item(written));
  CHECK(again && *(*again)->body == *(*order)->body && (*again)->state == (*order)->state);
}

}  // namespace orderflow::dynamodb
