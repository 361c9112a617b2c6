#include "backlog.h"

#include <cstdlib>
#include <stdexcept>

#include "requests.h"

namespace orderflow::bench {
namespace {

constexpr std::chrono::milliseconds kInterval{250};

std::int64_t shipped_gauge(std::string_view metrics) {
  static constexpr std::string_view kGauge = "orderflow_orders{status=\"SHIPPED\"} ";
  const auto at = metrics.find(kGauge);
  if (at == metrics.npos)
    throw std::runtime_error("GET /metrics does not say how many are SHIPPED");
  // A floating-point number in Prometheus text, exact up to 2^53.
  const auto line = metrics.substr(at + kGauge.size());
  return static_cast<std::int64_t>(
      std::strtod(std::string(line, 0, line.find('\n')).c_str(), nullptr));
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
  return {
      .at = now, .acknowledged = acknowledged, .shipped = shipped_gauge(metrics) - shipped_before_};
}

}  // namespace orderflow::bench
