#include <utility>

#include "api/handlers.h"
#include "api/json_members.h"
#include "api/problem.h"
#include "api/product_request.h"
#include "api/request_parts.h"
#include "base/limits.h"
#include "base/percent.h"

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

std::string product_json(const Product& product) {
  std::string out;
  JsonWriter json(out);
  write_product(json, product);
  return out;
}

/// {"products": [...], "nextCursor": text or null}
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

/// The {sku} of the path; nullopt where it cannot be a SKU.
std::optional<std::string> read_sku(const ApiCall& call) {
  const std::string_view sku = call.target.segment(1);
  if (sku.empty() || sku.size() > kSkuBytesMax) return std::nullopt;
  return std::string(sku);
}

HttpResponse no_such_product() {
  return problem_response(Problem::NotFound, "There is no such product.");
}

/// The answer to a failure of the store. A value that the store refuses is answered like one that
/// read_body() refuses.
HttpResponse refuse(const Error& error, std::string_view pointer) {
  if (error.code != ErrorCode::InvalidInput) return problem_response(error);
  return problem_response(
      std::vector{FieldError{std::string(pointer), error.detail, "invalid_value"}});
}

}  // namespace

Task<HttpResponse> handle_get_product(const ApiCall& call) {
  auto sku = read_sku(call);
  if (!sku) co_return no_such_product();
  const auto product = co_await call.services.products.get(std::move(*sku));
  if (!product) co_return problem_response(product.error());
  co_return HttpResponse{.body = product_json(*product)};
}

Task<HttpResponse> handle_list_products(const ApiCall& call) {
  auto limit = read_limit(call);
  if (!limit) co_return std::move(limit.error());
  auto cursor = read_cursor(call);
  if (!cursor) co_return std::move(cursor.error());
  const auto page = co_await call.services.products.list(*limit, std::move(*cursor));
  if (!page) co_return problem_response(page.error());
  co_return HttpResponse{.body = product_page_json(*page)};
}

Task<HttpResponse> handle_put_product(const ApiCall& call) {
  auto sku = read_sku(call);
  if (!sku) {
    co_return problem_response(
        Problem::InvalidTarget,
        "The SKU in the path must have 1 to " + std::to_string(kSkuBytesMax) + " bytes.");
  }
  auto body = read_body(call.request, read_product);
  if (!body) co_return std::move(body.error());
  const auto put =
      co_await call.services.products.put(std::move(*sku), std::move(body->entry), body->available);
  if (!put) co_return refuse(put.error(), "/available");
  HttpResponse response{.status = put->created ? 201 : 200, .body = product_json(put->product)};
  if (put->created) {
    std::string location = "/products/";
    append_percent_encoded(location, put->product.sku);
    response.headers.emplace_back("Location", std::move(location));
  }
  co_return response;
}

Task<HttpResponse> handle_adjust_stock(const ApiCall& call) {
  auto sku = read_sku(call);
  if (!sku) co_return no_such_product();
  auto body = read_body(call.request, read_adjustment);
  if (!body) co_return std::move(body.error());
  const auto product = co_await call.services.products.adjust(std::move(*sku), body->quantity,
                                                              std::move(body->reason));
  if (!product) co_return refuse(product.error(), "/quantity");
  co_return HttpResponse{.body = product_json(*product)};
}

}  // namespace orderflow
