#include "audit/event_rules.h"

#include <fmt/format.h>

#include <array>

#include "base/limits.h"

namespace orderflow {
namespace {

struct EventRule {
  EventType type;
  /// Who does it; for work that is put off or parked, each of the processors.
  Actor actor;
  bool has_amount = false;
  bool has_detail = false;
};
/// In the order of EventType.
constexpr std::array<EventRule, kEventTypeCount> kEventRules = {{
    {EventType::OrderReceived, Actor::OrderSubmission},
    {EventType::PaymentAuthorized, Actor::PaymentProcessor, true},
    {EventType::PaymentDeclined, Actor::PaymentProcessor, false, true},
    {EventType::StockReserved, Actor::InventoryProcessor},
    {EventType::OutOfStock, Actor::InventoryProcessor, false, true},
    {EventType::FulfillmentClaimed, Actor::FulfillmentProcessor},
    {EventType::PaymentCaptured, Actor::FulfillmentProcessor, true},
    {EventType::CaptureDeclined, Actor::FulfillmentProcessor, true, true},
    {EventType::OrderShipped, Actor::FulfillmentProcessor},
    {EventType::OrderCancelled, Actor::OrderAdmin, false, true},
    {EventType::PaymentVoided, Actor::PaymentProcessor, true},
    {EventType::WorkDeferred, Actor::PaymentProcessor, false, true},
    {EventType::WorkParked, Actor::PaymentProcessor, false, true},
    {EventType::WorkRetried, Actor::OrderAdmin},
}};

bool done_by(const EventRule& rule, Actor actor) {
  const bool by_any_processor =
      rule.type == EventType::WorkDeferred || rule.type == EventType::WorkParked;
  if (!by_any_processor) return actor == rule.actor;
  return actor != Actor::OrderSubmission && actor != Actor::OrderAdmin;
}

class EventChecks {
 public:
  explicit EventChecks(const Order& order) : order_(order) {}

  std::vector<Finding> run() {
    const auto& events = order_.state.events;
    if (events.empty()) return {};
    require(events.front().at == order_.body->created_at, Invariant::T1,
            "event 1: at another time than the order was created");
    for (seq_ = 1; seq_ <= events.size(); ++seq_) check(events[seq_ - 1]);
    check_state();
    return std::move(findings_);
  }

 private:
  void check(const Event& event) {
    const EventRule& rule = kEventRules.at(static_cast<std::size_t>(event.type));
    const auto name = to_string(event.type);
    require(done_by(rule, event.actor), Invariant::T1, "event {}: {} by {}", seq_, name,
            to_string(event.actor));
    require(rule.has_amount || event.amount == 0, Invariant::T1, "event {}: {} has an amount", seq_,
            name);
    require(rule.has_detail || event.detail.empty(), Invariant::T1, "event {}: {} has a detail",
            seq_, name);
    // judge() finds more than the total.
    require(event.type != EventType::PaymentAuthorized || event.amount >= order_.body->total,
            Invariant::M1, "authorized {}, total {}", event.amount, order_.body->total);
    if (seq_ == 1) return;
    require(event.at >= order_.state.events[seq_ - 2].at, Invariant::T1,
            "event {}: {} is older than the event before it", seq_, name);
  }

  void check_state() {
    const OrderState& state = order_.state;
    const bool shipped = state.status == Status::Shipped;
    require(shipped != state.tracking_number.empty() && shipped != state.carrier.empty(),
            Invariant::T1, "{} {} tracking number and carrier", to_string(state.status),
            shipped ? "without" : "with");
    // A step is due when the one before it is done, or after a backoff. A clock that was set back can
    // make it due sooner than its last event. If it were due later, no step would be taken till then.
    const Event& last = state.events.back();
    const Duration wait = last.type == EventType::WorkDeferred ? kBackoffCap : Duration::zero();
    require(!state.due_at || *state.due_at <= last.at + wait, Invariant::L1,
            "its step is due later than any step waits");
  }

  template <typename... Args>
  void require(bool holds, Invariant invariant, fmt::format_string<Args...> otherwise,
               Args&&... args) {
    if (holds) return;
    findings_.push_back({invariant, fmt::format(otherwise, std::forward<Args>(args)...)});
  }

  const Order& order_;
  std::size_t seq_ = 1;  ///< of the event that is checked
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> event_findings(const Order& order) { return EventChecks(order).run(); }

}  // namespace orderflow
