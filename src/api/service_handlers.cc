#include "api/handlers.h"
#include "api/openapi_yaml.h"
#include "api/problem.h"
#include "api/queue_json.h"

namespace orderflow {
namespace {

/// GET /queues lists and counts at most this many parked orders, the oldest first.
constexpr std::int64_t kParkedListMax = 1000;

}  // namespace

Task<HttpResponse> handle_get_queues(const ApiCall& call) {
  const auto depths = co_await call.services.queue.depths();
  if (!depths) co_return problem_response(depths.error());
  const auto parked = co_await call.services.orders.parked(kParkedListMax);
  if (!parked) co_return problem_response(parked.error());
  co_return HttpResponse{.body = queues_json(*depths, *parked)};
}

HttpResponse handle_healthz(const ApiCall&) { return {.body = R"({"status":"ok"})"}; }

HttpResponse handle_readyz(const ApiCall& call) {
  if (call.settings.ready()) return {.body = R"({"status":"ready"})"};
  return problem_response(Problem::Unavailable, "The service is starting or stopping.");
}

Task<HttpResponse> handle_metrics(const ApiCall& call) {
  if (!call.settings.metrics) {
    co_return problem_response(Problem::NotFound, "This deployment keeps its metrics elsewhere.");
  }
  HttpResponse response{.content_type = "text/plain; version=0.0.4"};
  response.body = co_await call.settings.metrics();
  co_return response;
}

HttpResponse handle_openapi(const ApiCall&) {
  return {.content_type = "application/yaml", .body = std::string(kOpenapiYaml)};
}

}  // namespace orderflow
