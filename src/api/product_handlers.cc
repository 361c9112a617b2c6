#include <openssl/sha.h>

#include <span>
#include <utility>

#include "api/conditions.h"
#include "api/handlers.h"
#include "api/json_members.h"
#include "api/problem.h"
#include "api/product_request.h"
#include "api/request_parts.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "order/model/texts.h"

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

/// The entity tag of the product: a hash of all that its answer shows, its stock too.
std::string product_etag(std::string_view json) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(json.data()), json.size(), digest);
  return strong_etag(to_hex(std::span(digest).first<8>()));
}

HttpResponse product_response(const Product& product) {
  HttpResponse response{.body = product_json(product)};
  response.headers.emplace_back("ETag", product_etag(response.body));
  return response;
}

/// The {sku} of the path; nullopt where it cannot be a SKU.
std::optional<std::string> read_sku(const ApiCall& call) {
  const std::string_view sku = call.target.segment(1);
  if (count_characters(sku) > kSkuCharactersMax || is_blank(sku) || is_dot_segment(sku)) {
    return std::nullopt;
  }
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
  co_return product_response(*product);
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
        "The SKU in the path must have 1 to " + std::to_string(kSkuCharactersMax) +
            R"( characters, not all of them blank, and must not be "." or "..".)");
  }
  auto body = read_body(call.request, read_product);
  if (!body) co_return std::move(body.error());
  PutCondition condition;
  if (has_conditions(call.request)) {
    condition = [&request = call.request](const Product* current) {
      return conditions_hold(
          request, current ? std::optional(product_etag(product_json(*current))) : std::nullopt);
    };
  }
  const auto put = co_await call.services.products.put(std::move(*sku), std::move(body->entry),
                                                       body->available, std::move(condition));
  if (!put && put.error().code == ErrorCode::Conflict) {
    co_return problem_response(Problem::PreconditionFailed,
                               "If-Match or If-None-Match does not hold; read the product again.");
  }
  if (!put) co_return refuse(put.error(), "/available");
  // No ETag: a PUT answers none unless the body was stored as it was sent (RFC 9110, 9.3.4).
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
  const auto sent_key = read_idempotency_key(call.request);
  if (!sent_key) co_return sent_key.error();
  auto body = read_body(call.request, read_adjustment);
  if (!body) co_return std::move(body.error());
  std::optional<AdjustmentKey> key;
  if (*sent_key) key = scoped_key(*sku, **sent_key);
  const auto adjustment = co_await call.services.products.adjust(std::move(*sku), body->quantity,
                                                                 std::move(body->reason), key);
  if (!adjustment) co_return refuse(adjustment.error(), "/quantity");
  if (adjustment->outcome == AdjustmentOutcome::KeyReused) {
    co_return problem_response(
        Problem::IdempotencyKeyReused,
        "An earlier adjustment of this product with this key had another body; a new adjustment "
        "needs a new key.");
  }
  HttpResponse response = product_response(adjustment->product);
  if (adjustment->outcome == AdjustmentOutcome::Replayed) {
    response.headers.emplace_back("Idempotent-Replayed", "true");
  }
  co_return response;
}

}  // namespace orderflow
