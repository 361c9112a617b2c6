#include <span>
#include <string>
#include <utility>

#include "api/conditions.h"
#include "api/handlers.h"
#include "api/order_json.h"
#include "api/order_request.h"
#include "api/problem.h"
#include "api/request_parts.h"
#include "functions/order_admin.h"
#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

struct SubmitRequest {
  OrderDraft draft;
  std::optional<Idempotency> idempotency;
};

/// Reads a POST /orders as far as this needs no store.
Part<SubmitRequest> read_submission(const HttpRequest& request) {
  const auto key = read_idempotency_key(request);
  if (!key) return std::unexpected(key.error());
  const auto document = read_json(request);
  if (!document) return std::unexpected(document.error());
  auto draft = read_order(document->root());
  if (!draft) return std::unexpected(problem_response(draft.error()));
  std::optional<Idempotency> idempotency;
  if (*key) idempotency = idempotency_of(draft->customer_email, **key, document->root());
  return SubmitRequest{std::move(*draft), idempotency};
}

/// The order. Its entity tag is its version, and whether it is late, which changes without one.
HttpResponse order_response(int status, const Order& order, Timestamp now,
                            std::span<const FieldError> warnings = {}) {
  HttpResponse response{.status = status, .body = order_json(order, now, warnings)};
  std::string tag = std::to_string(order.version());
  if (late(order.state, now)) tag += "-late";
  response.headers.emplace_back("ETag", strong_etag(tag));
  return response;
}

HttpResponse answer(const Submission& submission) {
  // As it was received, also in the answer to a repeated request: not late.
  const Order& order = *submission.order;
  HttpResponse response = order_response(201, order, order.body->created_at, submission.warnings);
  response.headers.emplace_back("Location", "/orders/" + submission.order->id().to_string());
  if (submission.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

HttpResponse answer(const KeyReused&) {
  return problem_response(
      Problem::IdempotencyKeyReused,
      "An earlier request of this customer with this key had another body; a new "
      "order needs a new key.");
}

HttpResponse answer(const std::vector<FieldError>& errors) { return problem_response(errors); }

HttpResponse answer(const ApiCall& call, const Result<OrderPtr>& order) {
  if (!order) return problem_response(order.error());
  return order_response(200, **order, call.services.clock.now());
}

/// The parameters of GET /orders.
Part<OrderQuery> read_order_query(const ApiCall& call) {
  OrderQuery query;
  if (const auto email = call.target.parameter("customerEmail")) {
    if (email->empty()) return std::unexpected(bad_parameter("customerEmail", "must not be empty"));
    query.customer_email = *email;
  }
  if (const auto status = call.target.parameter("status")) {
    query.status = status_from_string(*status);
    if (!query.status) return std::unexpected(bad_parameter("status", "must be a known status"));
  }
  for (auto [name, time] : {std::pair("from", &query.from), std::pair("to", &query.to)}) {
    const auto text = call.target.parameter(name);
    if (!text) continue;
    *time = parse_rfc3339(*text);
    if (!*time) return std::unexpected(bad_parameter(name, "must be a time of RFC 3339 in UTC"));
  }
  const auto limit = read_limit(call);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  auto cursor = read_cursor(call);
  if (!cursor) return std::unexpected(cursor.error());
  query.cursor = std::move(*cursor);
  return query;
}

}  // namespace

Task<HttpResponse> handle_submit_order(const ApiCall& call) {
  auto request = read_submission(call.request);
  if (!request) co_return std::move(request.error());
  auto result =
      co_await submit_order(call.services, std::move(request->draft), request->idempotency);
  if (!result) co_return problem_response(result.error());
  co_return std::visit([](const auto& outcome) { return answer(outcome); }, *result);
}

Task<HttpResponse> handle_get_order(const ApiCall& call) {
  auto id = read_order_id(call);
  if (!id) co_return std::move(id.error());
  const auto order = co_await get_order(call.services, *id);
  co_return answer(call, order);
}

Task<HttpResponse> handle_get_timeline(const ApiCall& call) {
  auto id = read_order_id(call);
  if (!id) co_return std::move(id.error());
  const auto order = co_await get_order(call.services, *id);
  if (!order) co_return problem_response(order.error());
  co_return HttpResponse{.body = timeline_json(**order)};
}

Task<HttpResponse> handle_list_orders(const ApiCall& call) {
  auto query = read_order_query(call);
  if (!query) co_return std::move(query.error());
  const auto page = co_await call.services.orders.list(std::move(*query));
  if (!page) co_return problem_response(page.error());
  co_return HttpResponse{.body = order_page_json(*page, call.services.clock.now())};
}

Task<HttpResponse> handle_cancel_order(const ApiCall& call) {
  auto id = read_order_id(call);
  if (!id) co_return std::move(id.error());
  Part<std::string> reason = std::string(kCancelReasonDefault);
  if (!call.request.body.empty()) reason = read_body(call.request, read_cancellation);
  if (!reason) co_return std::move(reason.error());
  const auto order = co_await cancel_order(call.services, *id, std::move(*reason));
  co_return answer(call, order);
}

Task<HttpResponse> handle_retry_order(const ApiCall& call) {
  auto id = read_order_id(call);
  if (!id) co_return std::move(id.error());
  const auto order = co_await retry_order(call.services, *id);
  co_return answer(call, order);
}

}  // namespace orderflow
