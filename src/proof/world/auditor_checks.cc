#include <fmt/format.h>

#include <array>

#include "base/limits.h"
#include "proof/world/auditor.h"

namespace orderflow::world {
namespace {

/// How the audit names the invariants.
std::string_view name_of(Invariant invariant) {
  constexpr std::array<std::string_view, kInvariantCount> kNames = {
      "M1", "M2", "M3", "M4", "M5", "S1", "T1", "E1", "L1", "I1", "D1", "F1"};
  return kNames.at(static_cast<std::size_t>(invariant));
}

/// The effect for which an order waits after this event; nullopt where it waits for none. A
/// deferred step still waits for the same effect.
std::optional<Operation> waits_for(const Event& event, std::optional<Operation> before) {
  switch (event.type) {
    case EventType::OrderReceived:
      return Operation::Authorize;
    case EventType::FulfillmentClaimed:
      return Operation::Capture;
    case EventType::PaymentCaptured:
      return Operation::Ship;
    case EventType::OutOfStock:
    case EventType::OrderCancelled:
      return Operation::Void;
    case EventType::WorkDeferred:
    case EventType::WorkParked:
    case EventType::WorkRetried:
      return before;
    default:
      return std::nullopt;
  }
}

}  // namespace

/// A durable commit.
void Auditor::take(Watched& order, const Order& now) {
  if (order.stored) {
    const Order& before = *order.stored;
    if (*before.body != *now.body) violate("T1", order, "its body has changed");
    if (!continues(now, before) || now.state.events == before.state.events) {
      violate("T1", order, "its timeline does not go on where it was");
    }
  }
  Timeline timeline(*now.body);
  for (const Finding& finding : judge(now, timeline)) {
    violate(name_of(finding.invariant), order, finding.detail);
  }
  check_outside(order, now, timeline);
  check_patience(order, now);
  if (now.state.status == Status::OutOfStock && !order.was_short) {
    violate("S1", order, "sold out, and there was enough of everything");
  }
  order.stored = std::make_shared<const Order>(now);
  order.been.insert(now.state.status);
  note_shortage(order);
}

/// Compares what is stored with what has happened at the provider and the carrier, in both
/// directions.
void Auditor::check_outside(const Watched& order, const Order& now, const Timeline& timeline) {
  if (!timeline.legal()) return;
  if (auto wrong = money_difference(timeline, *now.body, order.books); !wrong.empty()) {
    violate("M5", order, wrong);
  }
  if (now.state.status == Status::Shipped && !order.shipped) {
    violate("E1", order, "SHIPPED, and the carrier has no shipment");
  }
  for (const Event& event : now.state.events) {
    const bool declined =
        event.type == EventType::PaymentDeclined || event.type == EventType::CaptureDeclined;
    if (declined && order.refusals.empty()) {
      violate("E1", order, "a decline is stored, and no refusal was answered");
    }
  }
}

/// Whether calls for so many orders have had no answer that further ones need not be made.
bool Auditor::is_silent(Operation effect) const {
  const bool carrier = effect == Operation::Ship;
  const auto orders = std::ranges::count_if(orders_, [carrier](const auto& entry) {
    return std::ranges::any_of(entry.second.unanswered, [carrier](const auto& calls) {
      return (calls.first == Operation::Ship) == carrier;
    });
  });
  return orders >= 5;
}

/// A step is deferred only after a call of its own had no answer, or where many others' had none, or
/// after the last delivery of its message. It is parked only kPatience after it was first deferred, after
/// a refusal that is final, or after an error of the store that no retry can help.
void Auditor::check_patience(const Watched& order, const Order& now) {
  std::map<Operation, int> put_off;
  std::optional<Operation> waiting;
  bool deferred = false;  // since the last progress, for the first time at `first`
  Timestamp first{};
  for (const Event& event : now.state.events) {
    waiting = waits_for(event, waiting);
    const bool parks = event.type == EventType::WorkParked;
    if (!parks && event.type != EventType::WorkDeferred) {
      deferred = false;
      continue;
    }
    const bool hopeless =
        event.detail.starts_with("refused: ") || event.detail.starts_with("corrupt: ");
    if (parks && hopeless && hopeless_ > 0) continue;
    if (!waiting && !order.given_up) {
      return violate("L1", order, "is put off, and waits for no effect");
    }
    if (!parks && deferred) violate("L1", order, "two deferrals of one step are two events");
    if (parks && waiting && order.refused_for_good.contains(*waiting)) continue;
    if (!order.given_up) {
      const auto unanswered = order.unanswered.find(*waiting);
      put_off[*waiting] += event.count;
      const int calls = unanswered == order.unanswered.end() ? 0 : unanswered->second;
      if (put_off[*waiting] > calls && !is_silent(*waiting)) {
        violate("L1", order,
                fmt::format("its {} is put off, and was answered: {}", to_string(*waiting),
                            event.detail));
      }
    }
    if (parks && (!deferred || event.at - first < kPatience)) {
      violate("L1", order, "is parked too soon: " + event.detail);
    }
    if (!deferred) first = event.first_at.value_or(event.at);
    deferred = true;
  }
}

/// For each SKU, the stored stock is the sum of what was received and what the timelines moved.
void Auditor::check_stock() {
  std::map<std::string, Stock, std::less<>> right;
  for (const auto& [sku, quantity] : received_) {
    right[sku].available = right[sku].received = quantity;
  }
  for (const auto& [id, order] : orders_) {
    if (!order.stored) continue;
    Timeline timeline(*order.stored->body);
    for (const Event& event : order.stored->state.events) (void)timeline.apply(event);
    for (const StockLine& line : timeline.reserved()) {
      right[line.sku].available -= line.quantity;
      right[line.sku].reserved += line.quantity;
    }
    for (const StockLine& line : timeline.shipped()) {
      right[line.sku].available -= line.quantity;
      right[line.sku].shipped += line.quantity;
    }
  }
  for (const auto& [sku, is] : stock_) {
    const Stock& should = right[sku];
    if (is.available < 0 || is.reserved < 0) violate("S1", sku + " is below zero");
    if (is == should) continue;
    violate("S1", fmt::format("{} has {} available, {} reserved, {} shipped, {} received; by the "
                              "orders {}, {}, {}, {}",
                              sku, is.available, is.reserved, is.shipped, is.received,
                              should.available, should.reserved, should.shipped, should.received));
  }
}

/// Notes a shortage now: until the sell-out is stored, other orders may give stock back.
void Auditor::note_shortage(Watched& order) const {
  if (!order.stored || order.stored->state.status != Status::Authorized) return;
  std::map<std::string_view, std::int64_t> needed;
  for (const Line& line : order.stored->body->lines) needed[line.sku] += line.quantity;
  for (const auto& [sku, quantity] : needed) {
    const auto found = stock_.find(sku);
    if (found != stock_.end() && found->second.available < quantity) order.was_short = true;
  }
}

void Auditor::check_end(const Watched& order) {
  const OrderState& state = order.stored->state;
  Timeline timeline(*order.stored->body);
  for (const Event& event : state.events) (void)timeline.apply(event);
  check_outside(order, *order.stored, timeline);  // the outside went on after the last commit
  if (!ended(timeline.phase()) && !state.attention) {
    violate("L1", order, fmt::format("it stays {}", orderflow::to_string(state.status)));
  }
  if (state.status == Status::Cancelled && !order.cancel_asked) {
    violate("T1", order, "CANCELLED, and no client asked for it");
  }
  const bool declines = order.stored->body->payment_method.starts_with("pm_card_chargeDeclined");
  if (declines && (order.books.authorized > 0 || order.shipped)) {
    violate("M5", order, "a card that declines has paid");
  }
  if (ended(timeline.phase()) && timeline.phase() != OrderPhase::Shipped && order.shipped) {
    violate("E1", order, "it was shipped all the same");
  }
}

}  // namespace orderflow::world
