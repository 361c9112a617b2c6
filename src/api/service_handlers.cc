#include <array>
#include <optional>

#include "api/handlers.h"
#include "api/json_members.h"
#include "api/openapi_yaml.h"
#include "api/order_request.h"
#include "api/problem.h"
#include "api/request_parts.h"
#include "base/limits.h"
#include "functions/order_admin.h"

namespace orderflow {
namespace {

void write_parked(JsonWriter& json, const ParkedOrder& order, std::optional<Stage> stage) {
  json.begin_object();
  write_id(json, "orderId", order.id);
  if (stage) json.member("queue", to_string(*stage));
  if (order.state.attention) {
    json.member("reason", order.state.attention->reason);
    write_time(json, "since", order.state.attention->since);
  }
  json.end_object();
}

/// Milliseconds as a JSON number of seconds.
void write_seconds(JsonWriter& json, std::string_view name, Duration duration) {
  const std::string three_digits = std::to_string(1000 + duration.count() % 1000).substr(1);
  json.key(name).raw(std::to_string(duration.count() / 1000) + "." + three_digits);
}

/// Each queue's count of parked orders is taken from the list.
std::string queues_json(const std::vector<QueueDepth>& depths,
                        const std::vector<ParkedOrder>& parked) {
  std::array<std::int64_t, kStageCount> parked_count{};
  std::vector<std::optional<Stage>> stages;
  for (const ParkedOrder& order : parked) {
    stages.push_back(parked_stage(order.state));
    if (stages.back()) ++parked_count[static_cast<std::size_t>(*stages.back())];
  }

  std::string out;
  JsonWriter json(out);
  json.begin_object().key("queues").begin_array();
  for (const QueueDepth& depth : depths) {
    json.begin_object()
        .member("name", to_string(depth.stage))
        .member("ready", depth.ready)
        .member("inFlight", depth.in_flight)
        .member("delayed", depth.delayed)
        .member("parked", parked_count[static_cast<std::size_t>(depth.stage)]);
    if (depth.dead_letters) json.member("deadLetters", *depth.dead_letters);
    if (depth.oldest_age) write_seconds(json, "oldestAgeSeconds", *depth.oldest_age);
    json.end_object();
  }
  json.end_array();
  json.key("parked").begin_array();
  for (std::size_t i = 0; i < parked.size(); ++i) write_parked(json, parked[i], stages[i]);
  json.end_array().end_object();
  return out;
}

}  // namespace

Task<HttpResponse> handle_get_queues(const ApiCall& call) {
  const auto depths = co_await call.services.queue.depths();
  if (!depths) co_return problem_response(depths.error());
  const auto parked = co_await call.services.orders.parked(kParkedListMax, "");
  if (!parked) co_return problem_response(parked.error());
  co_return HttpResponse{.body = queues_json(*depths, parked->orders)};
}

Task<HttpResponse> handle_retry_queue(const ApiCall& call) {
  const auto stage = stage_from_string(call.target.segment(1));
  if (!stage) co_return problem_response(Problem::NotFound, "There is no such queue.");
  Part<RetryQuery> query = RetryQuery{.limit = kRetryLimitDefault};
  if (!call.request.body.empty()) query = read_body(call.request, read_retry_query);
  if (!query) co_return std::move(query.error());
  query->stage = *stage;
  const auto done = co_await retry_parked(call.services, std::move(*query));
  if (!done) co_return problem_response(done.error());
  HttpResponse response;
  JsonWriter json(response.body);
  json.begin_object().member("retried", done->retried).member("remaining", done->remaining);
  write_cursor(json, done->next_cursor);
  json.end_object();
  co_return response;
}

Task<HttpResponse> handle_healthz(const ApiCall&) {
  co_return HttpResponse{.body = R"({"status":"ok"})"};
}

Task<HttpResponse> handle_readyz(const ApiCall& call) {
  if (call.settings.ready()) co_return HttpResponse{.body = R"({"status":"ready"})"};
  co_return problem_response(Problem::Unavailable, "The service is starting or stopping.");
}

Task<HttpResponse> handle_metrics(const ApiCall& call) {
  if (!call.settings.metrics) {
    co_return problem_response(Problem::NotFound, "This deployment keeps its metrics elsewhere.");
  }
  HttpResponse response{.content_type = "text/plain; version=0.0.4"};
  response.body = co_await call.settings.metrics();
  co_return response;
}

Task<HttpResponse> handle_openapi(const ApiCall&) {
  co_return HttpResponse{
      .content_type = "text/yaml", .cache_control = "", .body = std::string(kOpenapiYaml)};
}

}  // namespace orderflow
