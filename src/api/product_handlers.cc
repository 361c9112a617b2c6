#include <utility>

#include "api/handlers.h"
#include "api/problem.h"
#include "api/product_json.h"
#include "api/product_request.h"
#include "api/request_parts.h"
#include "base/limits.h"
#include "base/percent.h"

namespace orderflow {
namespace {

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

/// Reads the body with one of the functions of api/product_request.h.
template <typename T>
Part<T> read_body(const HttpRequest& request, Valid<T> (*read)(const JsonValue&)) {
  const auto document = read_json(request);
  if (!document) return std::unexpected(document.error());
  auto body = read(document->root());
  if (!body) return std::unexpected(problem_response(body.error()));
  return std::move(*body);
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
