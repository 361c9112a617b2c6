#include "apps/orderflow/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <tuple>

namespace orderflow {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kRequestSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                 0.05,   0.1,   0.25,   0.5,   1,    5};
const Buckets kCommitSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1};
const Buckets kGroupSizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

template <typename Builder>
auto& add_family(prometheus::Registry& registry, Builder builder, const char* name,
                 const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;

  prometheus::Family<prometheus::Counter>& requests = add_family(
      registry, prometheus::BuildCounter(), "orderflow_http_requests_total", "Requests answered");
  prometheus::Family<prometheus::Histogram>& durations =
      add_family(registry, prometheus::BuildHistogram(), "orderflow_http_request_duration_seconds",
                 "From the last byte of a request to its answer");
  prometheus::Family<prometheus::Gauge>& orders = add_family(
      registry, prometheus::BuildGauge(), "orderflow_orders", "Orders stored, by status");
  prometheus::Family<prometheus::Gauge>& queue_depth = add_family(
      registry, prometheus::BuildGauge(), "orderflow_queue_depth", "Nudges, by queue and state");
  prometheus::Family<prometheus::Gauge>& queue_age =
      add_family(registry, prometheus::BuildGauge(), "orderflow_queue_oldest_age_seconds",
                 "How long the oldest ready nudge has waited");
  prometheus::Family<prometheus::Gauge>& breaker_open =
      add_family(registry, prometheus::BuildGauge(), "orderflow_breaker_open",
                 "1 while a provider answers nothing and is asked by probes only");
  prometheus::Family<prometheus::Gauge>& write_ahead_log =
      add_family(registry, prometheus::BuildGauge(), "orderflow_write_ahead_log_bytes",
                 "Bytes in the write-ahead logs of the shop's files");
  prometheus::Gauge& parked = add_family(registry, prometheus::BuildGauge(),
                                         "orderflow_orders_parked", "Orders that wait for a person")
                                  .Add({});
  prometheus::Gauge& connections = add_family(registry, prometheus::BuildGauge(),
                                              "orderflow_http_connections", "Open connections")
                                       .Add({});
  prometheus::Counter& wrong_tokens =
      add_family(registry, prometheus::BuildCounter(), "orderflow_wrong_admin_tokens_total",
                 "Requests with a wrong admin token")
          .Add({});
  prometheus::Histogram& group_size =
      add_family(registry, prometheus::BuildHistogram(), "orderflow_commit_group_size",
                 "Writes that one transaction holds")
          .Add({}, kGroupSizes);
  prometheus::Histogram& commit_seconds =
      add_family(registry, prometheus::BuildHistogram(), "orderflow_commit_duration_seconds",
                 "COMMIT of a group, its fsync included")
          .Add({}, kCommitSeconds);

  /// Literals have one address each, so this finds the counter without comparing text.
  std::map<std::tuple<const char*, const char*, int>, prometheus::Counter*> known_requests;
  std::map<const char*, prometheus::Histogram*> known_durations;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  add_family(families_->registry, prometheus::BuildGauge(), "orderflow_build_info",
             "1, with the version as a label")
      .Add({{"version", ORDERFLOW_VERSION}})
      .Set(1);
  add_family(families_->registry, prometheus::BuildGauge(), "process_start_time_seconds",
             "Seconds since 1970")
      .Add({})
      .SetToCurrentTime();
}

Metrics::~Metrics() = default;

void Metrics::observe_request(const HttpExchange& exchange) {
  const auto route = [&exchange] {
    return std::string(exchange.route.empty() ? "none" : exchange.route);
  };
  auto*& counter =
      families_->known_requests[{exchange.route.data(), exchange.method.data(), exchange.status}];
  if (counter == nullptr) {
    counter = &families_->requests.Add({{"route", route()},
                                        {"method", std::string(exchange.method)},
                                        {"status", std::to_string(exchange.status)}});
  }
  counter->Increment();
  auto*& histogram = families_->known_durations[exchange.route.data()];
  if (histogram == nullptr) {
    histogram = &families_->durations.Add({{"route", route()}}, kRequestSeconds);
  }
  histogram->Observe(seconds(exchange.duration));
}

void Metrics::count_wrong_token() { families_->wrong_tokens.Increment(); }

void Metrics::observe_commit_group(std::size_t size, std::chrono::nanoseconds commit) {
  families_->group_size.Observe(static_cast<double>(size));
  families_->commit_seconds.Observe(seconds(commit));
}

void Metrics::set_orders(const OrderCounts& counts) {
  families_->parked.Set(static_cast<double>(counts.parked));
  if (!counts.by_status) return;
  for (std::size_t i = 0; i < counts.by_status->size(); ++i) {
    const std::string status(to_string(static_cast<Status>(i)));
    families_->orders.Add({{"status", status}}).Set(static_cast<double>((*counts.by_status)[i]));
  }
}

void Metrics::set_queues(std::span<const QueueDepth> depths) {
  for (const QueueDepth& depth : depths) {
    const std::string queue(to_string(depth.stage));
    const auto set = [&](const char* state, std::int64_t count) {
      families_->queue_depth.Add({{"queue", queue}, {"state", state}})
          .Set(static_cast<double>(count));
    };
    set("ready", depth.ready);
    set("in_flight", depth.in_flight);
    set("delayed", depth.delayed);
    if (depth.dead_letters) set("dead_letter", *depth.dead_letters);
    if (depth.oldest_age) {
      families_->queue_age.Add({{"queue", queue}}).Set(seconds(*depth.oldest_age));
    }
  }
}

void Metrics::set_breakers(bool payment_open, bool carrier_open) {
  families_->breaker_open.Add({{"provider", "payment"}}).Set(payment_open ? 1 : 0);
  families_->breaker_open.Add({{"provider", "carrier"}}).Set(carrier_open ? 1 : 0);
}

void Metrics::set_connections(std::size_t count) {
  families_->connections.Set(static_cast<double>(count));
}

void Metrics::set_write_ahead_log(std::uintmax_t bytes) {
  families_->write_ahead_log.Add({}).Set(static_cast<double>(bytes));
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace orderflow
