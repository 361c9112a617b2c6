#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "http/server/http_exchange.h"
#include "order/model/status.h"
#include "ports/work_queue.h"

namespace orderflow {

/// What GET /metrics answers, named by the conventions of Prometheus:
///
///   orderflow_http_requests_total{route,method,status}
///   orderflow_http_request_duration_seconds{route}
///   orderflow_http_connections
///   orderflow_orders{status}
///   orderflow_orders_parked
///   orderflow_queue_depth{queue,state}
///   orderflow_queue_oldest_age_seconds{queue}
///   orderflow_breaker_open{provider}
///   orderflow_write_ahead_log_bytes
///   orderflow_commit_group_size
///   orderflow_commit_duration_seconds
///   orderflow_build_info{version}
///   process_start_time_seconds
///
/// observe_commit_group() may be called on any thread, the rest is for the I/O thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// Less than 100 ns once a route has been seen.
  void observe_request(const HttpExchange& exchange);
  void count_wrong_token();
  void observe_commit_group(std::size_t size, std::chrono::nanoseconds commit);

  /// A home that does not count orders by status has no orderflow_orders.
  void set_orders(const OrderCounts& counts);
  void set_queues(std::span<const QueueDepth> depths);
  void set_breakers(bool payment_open, bool carrier_open);
  void set_connections(std::size_t count);
  void set_write_ahead_log(std::uintmax_t bytes);

  /// In the Prometheus text format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace orderflow
