#include "audit/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "audit/event_rules.h"
#include "base/check.h"

namespace orderflow {
namespace {

struct Place {
  OrderPhase phase;
  Status status;
  FulfillmentStatus fulfillment;
  bool ended;
};
constexpr std::array kPlaces = {
    Place{OrderPhase::New, Status::Pending, FulfillmentStatus::Unfulfilled, false},
    Place{OrderPhase::Pending, Status::Pending, FulfillmentStatus::Unfulfilled, false},
    Place{OrderPhase::Authorized, Status::Authorized, FulfillmentStatus::Unfulfilled, false},
    Place{OrderPhase::Reserved, Status::Reserved, FulfillmentStatus::Reserved, false},
    Place{OrderPhase::Claimed, Status::Fulfilling, FulfillmentStatus::Reserved, false},
    Place{OrderPhase::Captured, Status::Fulfilling, FulfillmentStatus::Reserved, false},
    Place{OrderPhase::Shipped, Status::Shipped, FulfillmentStatus::Shipped, true},
    Place{OrderPhase::Declined, Status::PaymentDeclined, FulfillmentStatus::Unfulfilled, true},
    Place{OrderPhase::SoldOut, Status::OutOfStock, FulfillmentStatus::Unfulfilled, false},
    Place{OrderPhase::SoldOutVoided, Status::OutOfStock, FulfillmentStatus::Unfulfilled, true},
    Place{OrderPhase::Cancelled, Status::Cancelled, FulfillmentStatus::Unfulfilled, false},
    Place{OrderPhase::CancelledVoided, Status::Cancelled, FulfillmentStatus::Unfulfilled, true},
};

struct Step {
  OrderPhase from;
  EventType event;
  OrderPhase to;
  bool while_parked = false;
};
/// The status table. Work that is put off, parked or retried stays where it is: see work_step().
constexpr std::array kSteps = {
    Step{OrderPhase::New, EventType::OrderReceived, OrderPhase::Pending},
    Step{OrderPhase::Pending, EventType::PaymentAuthorized, OrderPhase::Authorized},
    Step{OrderPhase::Pending, EventType::PaymentDeclined, OrderPhase::Declined},
    Step{OrderPhase::Authorized, EventType::StockReserved, OrderPhase::Reserved},
    Step{OrderPhase::Authorized, EventType::OutOfStock, OrderPhase::SoldOut},
    Step{OrderPhase::Reserved, EventType::FulfillmentClaimed, OrderPhase::Claimed},
    Step{OrderPhase::Claimed, EventType::PaymentCaptured, OrderPhase::Captured},
    Step{OrderPhase::Claimed, EventType::CaptureDeclined, OrderPhase::Declined},
    Step{OrderPhase::Captured, EventType::OrderShipped, OrderPhase::Shipped},
    Step{OrderPhase::Pending, EventType::OrderCancelled, OrderPhase::Cancelled, true},
    Step{OrderPhase::Authorized, EventType::OrderCancelled, OrderPhase::Cancelled, true},
    Step{OrderPhase::Reserved, EventType::OrderCancelled, OrderPhase::Cancelled, true},
    Step{OrderPhase::SoldOut, EventType::PaymentVoided, OrderPhase::SoldOutVoided},
    Step{OrderPhase::Cancelled, EventType::PaymentVoided, OrderPhase::CancelledVoided},
};

const Place& place(OrderPhase phase) { return *std::ranges::find(kPlaces, phase, &Place::phase); }

Minor held(Minor authorized, Minor voided, Minor captured) {
  return authorized - voided - captured;
}
Minor held(const Balance& money) { return held(money.authorized, money.voided, money.captured); }

bool is_work(EventType type) {
  return type == EventType::WorkDeferred || type == EventType::WorkParked ||
         type == EventType::WorkRetried;
}

/// How much of one SKU the customer ordered.
std::int64_t ordered(const OrderBody& body, std::string_view sku) {
  std::int64_t quantity = 0;
  for (const Line& line : body.lines) {
    if (line.sku == sku) quantity += line.quantity;
  }
  return quantity;
}

}  // namespace

bool ended(OrderPhase phase) { return place(phase).ended; }

std::string Timeline::apply(const Event& event) {
  // Work can be put off or parked at any place but the ends, and only parked work is retried. Other
  // steps wait while the order is parked, but for a cancellation.
  const bool was_parked = parked();
  const auto step = std::ranges::find_if(
      kSteps, [&](const Step& s) { return s.from == phase_ && s.event == event.type; });
  bool legal = step != kSteps.end() && (!was_parked || step->while_parked);
  if (is_work(event.type)) {
    legal = phase_ != OrderPhase::New && !ended(phase_) &&
            was_parked == (event.type == EventType::WorkRetried);
  }
  std::string wrong;
  if (!legal) {
    wrong = fmt::format("{} is not a step from {}{}", to_string(event.type),
                        phase_ == OrderPhase::New ? "nothing" : to_string(place(phase_).status),
                        was_parked ? " while parked" : "");
  } else if (event.type == EventType::WorkDeferred ? event.count < 1 : event.count != 1) {
    wrong = fmt::format("{} counts {}", to_string(event.type), event.count);
  } else if (event.first_at.has_value() != (event.count > 1)) {
    wrong = fmt::format("{} counts {} and has no first time", to_string(event.type), event.count);
  } else if (event.attempt != expected_attempt(event.type) && !is_work(event.type)) {
    wrong = fmt::format("{} is of attempt {}, due was {}", to_string(event.type), event.attempt,
                        expected_attempt(event.type));
  }
  legal_ = legal_ && wrong.empty();
  if (legal && is_work(event.type)) work_step(event);
  if (legal && !is_work(event.type)) take(step->to, event);
  move_money(event);
  move_stock(event);
  return wrong;
}

int Timeline::expected_attempt(EventType type) const {
  switch (type) {
    case EventType::PaymentAuthorized:
    case EventType::PaymentDeclined:
    case EventType::PaymentCaptured:
    case EventType::CaptureDeclined:
      return 1 + declines_;
    case EventType::OrderShipped:
    case EventType::PaymentVoided:
      return 1;
    default:
      return 0;  // has no effect outside
  }
}

void Timeline::work_step(const Event& event) {
  if (event.type == EventType::WorkRetried) {
    state_.tries = 0;
    state_.attention.reset();
    return;
  }
  state_.tries += event.count;
  if (event.type == EventType::WorkParked) state_.attention = Attention{event.detail, event.at};
}

void Timeline::take(OrderPhase next, const Event& event) {
  phase_ = next;
  state_.tries = 0;
  state_.attention.reset();
  switch (event.type) {
    case EventType::PaymentAuthorized:
      state_.payment_status = PaymentStatus::Authorized;
      break;
    case EventType::PaymentCaptured:
      state_.payment_status = PaymentStatus::Captured;
      break;
    case EventType::PaymentVoided:
      if (held(money_) > 0) state_.payment_status = PaymentStatus::Voided;
      break;
    case EventType::PaymentDeclined:
    case EventType::CaptureDeclined:
      ++declines_;
      state_.payment_status = PaymentStatus::Declined;
      state_.reason = event.detail;
      break;
    case EventType::OutOfStock:
    case EventType::OrderCancelled:
      state_.reason = event.detail;
      break;
    default:
      break;
  }
}

void Timeline::move_money(const Event& event) {
  switch (event.type) {
    case EventType::PaymentAuthorized:
      money_.authorized += event.amount;
      break;
    case EventType::PaymentCaptured:
      money_.captured += event.amount;
      ++captures_;
      break;
    case EventType::PaymentVoided:
    case EventType::CaptureDeclined:
      money_.voided += event.amount;
      break;
    default:
      break;
  }
}

void Timeline::move_stock(const Event& event) {
  const bool gives_up =
      event.type == EventType::OrderCancelled || event.type == EventType::CaptureDeclined;
  const bool ships = event.type == EventType::OrderShipped;
  if (event.type == EventType::StockReserved) {
    for (const StockLine& line : event.stock) {
      if (const auto asked = ordered(body_, line.sku); line.quantity != asked) {
        stock_findings_.push_back(
            fmt::format("reserves {} of {}, ordered {}", line.quantity, line.sku, asked));
      }
    }
    reserved_.insert(reserved_.end(), event.stock.begin(), event.stock.end());
  } else if (gives_up || ships) {
    if (event.stock != reserved_) {
      stock_findings_.push_back(
          fmt::format("{} moves other stock than was reserved", to_string(event.type)));
    }
    if (ships) shipped_ = event.stock;
    reserved_.clear();
  } else if (!event.stock.empty()) {
    stock_findings_.push_back(fmt::format("{} moves stock", to_string(event.type)));
  }
}

OrderState Timeline::expected() const {
  OrderState state = state_;
  state.status = place(phase_).status;
  state.fulfillment_status = place(phase_).fulfillment;
  return state;
}

namespace {

/// How far the provider's books may be ahead of a timeline: by the effect of the step that is due.
struct Lead {
  bool hold = false;        ///< what is held, or was captured, is what that step makes of it
  bool authorized = false;  ///< the authorization itself may be that effect
};

Lead lead_of(const PaymentRecord& books, const Timeline& timeline, Minor total) {
  const Minor hold = held(books.authorized, books.voided, books.captured);
  // A cancellation can reach us before the authorization that the provider has made already.
  const bool maybe_authorized = timeline.money().authorized == 0;
  switch (timeline.phase()) {
    case OrderPhase::New:
    case OrderPhase::Pending: {
      const bool authorized = books.authorized == total && hold == total;
      return {.hold = authorized, .authorized = authorized};
    }
    case OrderPhase::Claimed:
      // Captured, or refused because the authorization has lapsed.
      return {.hold = hold == 0 && (books.captured == total || books.captured == 0)};
    case OrderPhase::SoldOut:
      return {.hold = hold == 0 && books.captured == 0};
    case OrderPhase::Cancelled:
      return {.hold = (hold == 0 || (maybe_authorized && hold == total)) && books.captured == 0,
              .authorized = maybe_authorized};
    case OrderPhase::CancelledVoided:
      return {.authorized = maybe_authorized};
    case OrderPhase::Authorized:
    case OrderPhase::Reserved:
    case OrderPhase::Captured:
    case OrderPhase::Shipped:
    case OrderPhase::Declined:
    case OrderPhase::SoldOutVoided:
      return {};
  }
  UNREACHABLE(timeline.phase());
}

}  // namespace

std::string money_difference(const Timeline& timeline, const OrderBody& body,
                             const PaymentRecord& books) {
  const Balance& ours = timeline.money();
  const Lead lead = lead_of(books, timeline, body.total);
  // Where the books are ahead, what is held differs; what was captured, authorized or refunded in
  // steps before must agree all the same.
  const bool equal = books.captured == ours.captured &&
                     held(books.authorized, books.voided, books.captured) == held(ours);
  const OrderPhase phase = timeline.phase();
  const bool voided = phase == OrderPhase::SoldOutVoided || phase == OrderPhase::CancelledVoided;
  const bool to_void = phase == OrderPhase::SoldOut || phase == OrderPhase::Cancelled;
  // An amount of 0 is voided too, so the tombstone is compared, not the amount.
  if (voided && !books.tombstone) return "voided here, but not at the provider";
  if (!voided && !to_void && books.tombstone) return "voided at the provider, for no reason";
  const bool right = (equal || lead.hold) && books.refunded == ours.refunded &&
                     (lead.authorized || books.authorized == ours.authorized);
  if (right) return {};
  return fmt::format(
      "authorized {}, voided {}, captured {}, refunded {}; the provider has {}, {}, {}, {}",
      ours.authorized, ours.voided, ours.captured, ours.refunded, books.authorized, books.voided,
      books.captured, books.refunded);
}

std::string shipment_difference(const Timeline& timeline, const OrderState& stored,
                                const std::optional<std::string>& shipment) {
  const OrderPhase phase = timeline.phase();
  if (!shipment) return phase == OrderPhase::Shipped ? "SHIPPED, the carrier has no shipment" : "";
  if (phase == OrderPhase::Shipped) {
    if (*shipment == stored.tracking_number) return {};
    return fmt::format("tracking number {}, the carrier has {}", stored.tracking_number, *shipment);
  }
  if (phase == OrderPhase::Claimed || phase == OrderPhase::Captured) return {};
  return fmt::format("{}, the carrier has shipped it", to_string(stored.status));
}

namespace {

void judge_money(const Order& order, const Timeline& timeline, std::vector<Finding>& findings) {
  const Balance& money = timeline.money();
  const Minor total = order.body->total;
  if (timeline.captures() > 1) {
    findings.push_back({Invariant::M1, fmt::format("captured {} times", timeline.captures())});
  }
  if (money.captured > money.authorized || money.authorized > total) {
    findings.push_back({Invariant::M1, fmt::format("captured {}, authorized {}, total {}",
                                                   money.captured, money.authorized, total)});
  }
  if (money.refunded > money.captured) {
    findings.push_back(
        {Invariant::M2, fmt::format("refunded {}, captured {}", money.refunded, money.captured)});
  }
  const bool shipped =
      order.state.status == Status::Shipped || timeline.phase() == OrderPhase::Shipped;
  if ((shipped || timeline.captures() > 0) && money.captured != total) {
    findings.push_back(
        {Invariant::M3, fmt::format("captured {}, total {}", money.captured, total)});
  }
  if (!timeline.legal() || !ended(timeline.phase()) || timeline.phase() == OrderPhase::Shipped)
    return;
  if (held(money) != 0 || money.captured != money.refunded) {
    findings.push_back(
        {Invariant::M4, fmt::format("{} holds {} and keeps {}", to_string(order.state.status),
                                    held(money), money.captured - money.refunded)});
  }
  for (const StockLine& line : timeline.reserved()) {
    findings.push_back(
        {Invariant::M4,
         fmt::format("{} holds {} of {}", to_string(order.state.status), line.quantity, line.sku)});
  }
}

/// The stored state is what the replay gives, and a step is due unless the order is at its end. A
/// parked order too has one due: `attention` holds it back.
void judge_state(const OrderState& stored, const Timeline& timeline,
                 std::vector<Finding>& findings) {
  const OrderState right = timeline.expected();
  const auto expect = [&](std::string_view what, const auto& is, const auto& should) {
    if (is != should) {
      findings.push_back(
          {Invariant::T1, fmt::format("{} is {}, by its timeline {}", what, is, should)});
    }
  };
  expect("status", to_string(stored.status), to_string(right.status));
  expect("paymentStatus", to_string(stored.payment_status), to_string(right.payment_status));
  expect("fulfillmentStatus", to_string(stored.fulfillment_status),
         to_string(right.fulfillment_status));
  expect("the number of tries", stored.tries, right.tries);
  expect("parked", stored.attention.has_value(), right.attention.has_value());
  if (stored.reason != right.reason ||
      (stored.attention && right.attention && *stored.attention != *right.attention)) {
    findings.push_back({Invariant::T1, "the reason is not its timeline's"});
  }
  const bool end = ended(timeline.phase());
  if (end == stored.due_at.has_value()) {
    findings.push_back({Invariant::L1, end ? "at its end, but a step is due"
                                           : "not at its end, but nothing is due"});
  }
}

}  // namespace

std::vector<Finding> judge(const Order& order, Timeline& timeline) {
  std::vector<Finding> findings;
  std::size_t seq = 0;
  for (const Event& event : order.state.events) {
    ++seq;
    const bool was_legal = timeline.legal();
    const std::string wrong = timeline.apply(event);
    if (was_legal && !wrong.empty()) {
      findings.push_back({Invariant::T1, fmt::format("event {}: {}", seq, wrong)});
    }
  }
  if (order.state.events.empty()) findings.push_back({Invariant::T1, "it has no events"});
  if (timeline.legal()) judge_state(order.state, timeline, findings);
  judge_money(order, timeline, findings);
  std::ranges::move(event_findings(order), std::back_inserter(findings));
  for (const std::string& detail : timeline.stock_findings()) {
    findings.push_back({Invariant::S1, detail});
  }
  return findings;
}

}  // namespace orderflow
