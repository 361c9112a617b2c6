#include "api/product_json.h"

#include "api/json_members.h"

namespace orderflow {
namespace {

void write_product(JsonWriter& json, const Product& product) {
  json.begin_object().member("sku", product.sku).member("name", product.name);
  write_amount(json, "price", product.price, product.currency);
  json.member("currency", product.currency.code());
  json.key("stock")
      .begin_object()
      .member("available", product.stock.available)
      .member("reserved", product.stock.reserved)
      .member("shipped", product.stock.shipped)
      .member("received", product.stock.received)
      .end_object();
  json.end_object();
}

}  // namespace

std::string product_json(const Product& product) {
  std::string out;
  JsonWriter json(out);
  write_product(json, product);
  return out;
}

std::string product_page_json(const ProductPage& page) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("products").begin_array();
  for (const Product& product : page.products) write_product(json, product);
  json.end_array();
  write_cursor(json, page.next_cursor);
  json.end_object();
  return out;
}

}  // namespace orderflow
