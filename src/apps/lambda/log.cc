#include "apps/lambda/log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/json_writer.h"
#include "base/time.h"

namespace orderflow::lambda {
namespace {

Timestamp now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

/// The level that a line without one has. Most lines have this level.
constexpr std::string_view kInfo = "INFO";

void begin_line(JsonWriter& json, std::optional<Timestamp> at, std::string_view level,
                std::string_view message, std::string_view function, std::string_view request_id) {
  json.begin_object();
  if (at) json.member("timestamp", format_rfc3339(*at));
  if (level != kInfo) json.member("level", level);
  if (!message.empty()) json.member("message", message);
  json.member("function", function);
  if (!request_id.empty()) json.member("requestId", request_id);
}

/// "12.345"
std::string format_milliseconds(std::chrono::nanoseconds duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  std::string text = std::to_string(us / 1000) + '.';
  const std::string fraction = std::to_string(us % 1000);
  return text.append(3 - fraction.size(), '0').append(fraction);
}

/// The metric that counts orders whose last event is this; empty for a step on the way.
std::string_view metric_of(EventType event) {
  switch (event) {
    case EventType::OrderReceived:
      return "OrdersAccepted";
    case EventType::OrderShipped:
      return "OrdersShipped";
    case EventType::PaymentDeclined:
    case EventType::CaptureDeclined:
      return "OrdersDeclined";
    case EventType::OutOfStock:
      return "OrdersOutOfStock";
    case EventType::OrderCancelled:
      return "OrdersCancelled";
    case EventType::WorkParked:
      return "OrdersParked";
    default:
      return {};
  }
}

}  // namespace

void Log::begin(const Invocation& invocation) {
  request_id_ = invocation.request_id;
  counts_.clear();
  notes_.clear();
}

void Log::note(std::string_view name, std::variant<std::int64_t, std::string> value) {
  notes_.emplace_back(name, std::move(value));
}

void Log::count(std::string_view metric, std::int64_t quantity) {
  if (quantity == 0) return;
  const auto found = std::ranges::find(counts_, metric, &decltype(counts_)::value_type::first);
  if (found == counts_.end()) {
    counts_.emplace_back(metric, quantity);
  } else {
    found->second += quantity;
  }
}

void Log::count(EventType event) {
  if (const auto metric = metric_of(event); !metric.empty()) count(metric);
}

bool Log::has_counted(std::string_view metric) const {
  return std::ranges::any_of(counts_, [&](const auto& count) { return count.first == metric; });
}

void Log::end(const InvocationResult& result, std::chrono::nanoseconds duration) {
  const Timestamp at = now();
  std::string line;
  JsonWriter json(line);
  // Metrics hold the time themselves.
  begin_line(json, counts_.empty() ? std::optional(at) : std::nullopt, result ? kInfo : "ERROR",
             result ? "" : "failed", function_, request_id_);
  if (!result) {
    json.member("errorType", result.error().type).member("detail", result.error().message);
  }
  if (std::exchange(first_invocation_, false)) json.member("coldStart", true);
  for (const auto& [name, value] : notes_) {
    json.key(name);
    std::visit([&json](const auto& held) { json.value(held); }, value);
  }
  json.key("Duration").raw(format_milliseconds(duration));
  if (!counts_.empty()) {
    json.key("_aws").begin_object().member("Timestamp", epoch_ms(at));
    json.key("CloudWatchMetrics").begin_array().begin_object().member("Namespace", "orderflow");
    json.key("Dimensions").raw(R"([["deployment","function"]])").key("Metrics").begin_array();
    for (const auto& [name, count] : counts_) json.begin_object().member("Name", name).end_object();
    json.end_array().end_object().end_array().end_object();
    json.member("deployment", deployment_);
    for (const auto& [name, count] : counts_) json.member(name, count);
  }
  json.end_object();
  sink_(line);
}

void Log::warn(std::string_view message, LogFields fields) { write("WARN", message, {}, fields); }

void Log::error(std::string_view message, LogFields fields) { write("ERROR", message, {}, fields); }

void Log::error(std::string_view message, const Error& error, LogFields fields) {
  const std::string_view detail = error.detail;
  write("ERROR", message, {{"code", to_string(error.code)}, {"detail", detail}}, fields);
}

void Log::write(std::string_view level, std::string_view message, LogFields first, LogFields then) {
  std::string line;
  JsonWriter json(line);
  begin_line(json, now(), level, message, function_, request_id_);
  write_log_fields(json, first);
  write_log_fields(json, then);
  json.end_object();
  sink_(line);
}

void Log::write_to_stdout(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a log that cannot be written must not stop the function
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace orderflow::lambda
