#include "order/model/stored_size.h"

#include "base/json_writer.h"

namespace orderflow {
namespace {

// Names, numbers and punctuation, rounded up.
constexpr std::size_t kBodyFrame = 192;
constexpr std::size_t kLineFrame = 32;
constexpr std::size_t kFieldFrame = 16;
/// Events that list all the SKUs of an order.
constexpr std::size_t kStockEvents = 2;

}  // namespace

std::size_t stored_bytes_max(const OrderBody& body) {
  std::size_t bytes =
      kBodyFrame + json_string_bytes(body.customer_email) + json_string_bytes(body.payment_method);
  for (const Line& line : body.lines) {
    const std::size_t sku = json_string_bytes(line.sku);
    bytes += kLineFrame + json_string_bytes(line.name) + sku;
    bytes += kStockEvents * (kFieldFrame + sku);
  }
  if (body.shipping_address) {
    const auto& [name, line1, line2, city, region, postal_code, country] = *body.shipping_address;
    for (const auto* field : {&name, &line1, &line2, &city, &region, &postal_code, &country}) {
      bytes += kFieldFrame + json_string_bytes(*field);
    }
  }
  for (const auto& [name, value] : body.metadata) {
    bytes += kFieldFrame + json_string_bytes(name) + json_string_bytes(value);
  }
  return bytes;
}

}  // namespace orderflow
