#include "api/queue_json.h"

#include <array>
#include <optional>

#include "api/json_members.h"
#include "order/rules/due.h"

namespace orderflow {
namespace {

/// The queue that a parked order is back in once it is retried.
std::optional<Stage> parked_stage(const Order& order) {
  OrderState state = order.state;
  state.attention.reset();
  const auto next = due(state);
  return next ? std::optional(next->stage) : std::nullopt;
}

void write_parked(JsonWriter& json, const Order& order, std::optional<Stage> stage) {
  json.begin_object();
  write_id(json, "orderId", order.id());
  if (stage) json.member("queue", to_string(*stage));
  if (order.state.attention) {
    json.member("reason", order.state.attention->reason);
    write_time(json, "since", order.state.attention->since);
  }
  json.end_object();
}

/// Milliseconds as a JSON number of seconds.
void write_seconds(JsonWriter& json, std::string_view name, Duration duration) {
  const auto ms = duration.count() % 1000;
  json.key(name).element();
  append_integer(json.out(), duration.count() / 1000);
  for (const char c : {'.', static_cast<char>('0' + ms / 100),
                       static_cast<char>('0' + ms / 10 % 10), static_cast<char>('0' + ms % 10)}) {
    json.out() += c;
  }
}

}  // namespace

std::string queues_json(const std::vector<QueueDepth>& depths,
                        const std::vector<OrderPtr>& parked) {
  std::array<std::int64_t, kStageCount> parked_count{};
  std::vector<std::optional<Stage>> stages;
  for (const OrderPtr& order : parked) {
    stages.push_back(parked_stage(*order));
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
    write_seconds(json, "oldestAgeSeconds", depth.oldest_age);
    json.end_object();
  }
  json.end_array();
  json.key("parked").begin_array();
  for (std::size_t i = 0; i < parked.size(); ++i) write_parked(json, *parked[i], stages[i]);
  json.end_array().end_object();
  return out;
}

}  // namespace orderflow
