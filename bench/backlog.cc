#include "backlog.h"

#include <stdexcept>
#include <string>

#include "requests.h"

namespace orderflow::bench {
namespace {

constexpr std::chrono::milliseconds kInterval{250};

std::int64_t orders_in(std::string_view status, std::string_view metrics) {
  const std::string gauge = "orderflow_orders{status=\"" + std::string(status) + "\"} ";
  const auto at = metrics.find(gauge);
  if (at == metrics.npos) throw std::runtime_error("GET /metrics has no " + gauge);
  // A floating-point number in Prometheus text, exact up to 2^53.
  const auto line = metrics.substr(at + gauge.size());
  return static_cast<std::int64_t>(std::stod(std::string(line.substr(0, line.find('\n')))));
}

}  // namespace

Backlog::Backlog(std::uint16_t port) : request_(get_request("/metrics")), connection_(port) {
  shipped_before_ = ask(0).shipped;
}

void Backlog::ask_when_due(SteadyTime now) {
  if (asked_ || now - asked_at_ < kInterval) return;
  connection_.send(request_);
  asked_ = true;
  asked_at_ = now;
}

Backlog::Sample Backlog::ask(std::int64_t acknowledged) {
  while (asked_) asked_ = !connection_.receive().has_value();
  const auto answer = connection_.ask(request_);
  return sample(answer.body, acknowledged, std::chrono::steady_clock::now());
}

std::optional<Backlog::Sample> Backlog::receive(std::int64_t acknowledged, SteadyTime now) {
  const auto answer = connection_.receive();
  if (!answer) return std::nullopt;
  asked_ = false;
  return sample(answer->body, acknowledged, now);
}

Backlog::Sample Backlog::sample(std::string_view metrics, std::int64_t acknowledged,
                                SteadyTime now) const {
  std::int64_t open = 0;
  for (const auto* status : {"PENDING", "AUTHORIZED", "RESERVED", "FULFILLING"}) {
    open += orders_in(status, metrics);
  }
  return {.at = now,
          .acknowledged = acknowledged,
          .shipped = orders_in("SHIPPED", metrics) - shipped_before_,
          .open = open};
}

}  // namespace orderflow::bench
