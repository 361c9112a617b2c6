#include "order/rules/transitions.h"

#include <algorithm>

#include "base/backoff.h"
#include "base/check.h"
#include "base/limits.h"

namespace orderflow {
namespace {

/// No effect and no answer follows from the commit itself, only a further commit. The store may let
/// both reach the disk together (see Transition::barrier).
constexpr bool kNoBarrier = false;

/// Enough for all steps to the order's end, each of them put off, and parked once.
constexpr std::size_t kEventsToTheEnd = 30;

/// At most kProblemBytesMax bytes of `problem`, cut between characters.
std::string shortened(std::string problem) {
  if (problem.size() <= kProblemBytesMax) return problem;
  std::size_t end = kProblemBytesMax;
  while (end > 0 && (static_cast<unsigned char>(problem[end]) & 0xC0) == 0x80) --end;
  problem.resize(end);
  return problem;
}

/// Copies the order, appends `event`, and clears due_at, tries and attention.
Result<Order> begin(const Order& order, Event event) {
  if (!allowed(order.state, event.type)) {
    return failure(ErrorCode::IllegalTransition,
                   std::string(to_string(event.type)) + " is not a step from " +
                       std::string(to_string(order.state.status)) +
                       (order.state.attention ? " while parked" : ""));
  }
  // The members that are not named here are cleared. The events are copied once, into a vector that
  // has room for the new one.
  const OrderState& state = order.state;
  Order next{.body = order.body,
             .state = {.status = state.status,
                       .payment_status = state.payment_status,
                       .fulfillment_status = state.fulfillment_status,
                       .reason = state.reason,
                       .tracking_number = state.tracking_number,
                       .carrier = state.carrier}};
  next.state.events.reserve(state.events.size() + 1);
  next.state.events = state.events;
  // A timeline does not run backwards, whatever the clock does: the event takes the time of the one
  // before it. What is due next is not put off by that.
  event.at = std::max(event.at, order.updated_at());
  next.state.events.push_back(std::move(event));
  return next;
}

Transition transition(const Order& order, Order next, StockMove move = StockMove::None,
                      bool barrier = true) {
  return {std::make_shared<const Order>(std::move(next)), move, barrier,
          order.state.attention.has_value()};
}

/// Releases the stock that `order` holds: in the last event of `next`, so in the same commit.
StockMove release_stock(const Order& order, Order& next) {
  Event& event = next.state.events.back();
  event.stock = held_stock(order.state);
  if (next.state.fulfillment_status == FulfillmentStatus::Reserved) {
    next.state.fulfillment_status = FulfillmentStatus::Unfulfilled;
  }
  return event.stock.empty() ? StockMove::None : StockMove::Release;
}

Minor open_authorization(const OrderState& state) {
  const Balance b = balance(state);
  return b.authorized - b.voided - b.captured;
}

bool before_the_claim(Status status) {
  return status == Status::Pending || status == Status::Authorized || status == Status::Reserved;
}

}  // namespace

bool allowed(const OrderState& state, EventType type) {
  if (state.attention) {
    // Parked: only a person moves it on, by a retry or a cancel.
    return type == EventType::WorkRetried ||
           (type == EventType::OrderCancelled && before_the_claim(state.status));
  }
  const bool captured = state.payment_status == PaymentStatus::Captured;
  switch (type) {
    case EventType::OrderReceived:
      return state.events.empty();
    case EventType::PaymentAuthorized:
    case EventType::PaymentDeclined:
      return state.status == Status::Pending;
    case EventType::StockReserved:
    case EventType::OutOfStock:
      return state.status == Status::Authorized;
    case EventType::FulfillmentClaimed:
      return state.status == Status::Reserved;
    case EventType::PaymentCaptured:
    case EventType::CaptureDeclined:
      return state.status == Status::Fulfilling && !captured;
    case EventType::OrderShipped:
      return state.status == Status::Fulfilling && captured;
    case EventType::OrderCancelled:
      return before_the_claim(state.status);
    case EventType::PaymentVoided:
      return (state.status == Status::OutOfStock || state.status == Status::Cancelled) &&
             state.due_at.has_value();
    case EventType::WorkDeferred:
    case EventType::WorkParked:
      return due(state).has_value();
    case EventType::WorkRetried:
      return false;
  }
  UNREACHABLE(type);
}

Transition followed_by(const Transition& first, Transition second) {
  CHECK(first.stock_move == StockMove::None);
  CHECK(first.next->id() == second.next->id() && first.next->version() < second.next->version());
  second.barrier = first.barrier || second.barrier;
  second.was_parked = first.was_parked;
  return second;
}

Order receive(OrderBody body) {
  Order order;
  order.state.due_at = body.created_at;
  order.state.events.push_back(
      {.type = EventType::OrderReceived, .at = body.created_at, .actor = Actor::OrderSubmission});
  order.body = std::make_shared<const OrderBody>(std::move(body));
  return order;
}

// No barrier: reserving stock follows, which is a commit. If this one is lost in a crash, the order
// is still PENDING and the authorization is asked for again under the same key.
Decision authorized(const Order& order, int attempt, Timestamp now) {
  auto next = begin(order, {.type = EventType::PaymentAuthorized,
                            .at = now,
                            .actor = Actor::PaymentProcessor,
                            .attempt = attempt,
                            .amount = order.body->total});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::Authorized;
  next->state.payment_status = PaymentStatus::Authorized;
  next->state.due_at = now;
  return transition(order, std::move(*next), StockMove::None, kNoBarrier);
}

Decision authorization_declined(const Order& order, int attempt, std::string reason,
                                Timestamp now) {
  auto next = begin(order, {.type = EventType::PaymentDeclined,
                            .at = now,
                            .actor = Actor::PaymentProcessor,
                            .attempt = attempt,
                            .detail = reason});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::PaymentDeclined;
  next->state.payment_status = PaymentStatus::Declined;
  next->state.reason = std::move(reason);
  return transition(order, std::move(*next));
}

// A void leaves a tombstone at the provider: no authorization of this order succeeds after it, even
// one that was sent before. So an order may be voided for which none is recorded yet; `held` is
// then zero.
Decision voided(const Order& order, int attempt, Timestamp now) {
  const Minor held = open_authorization(order.state);
  auto next = begin(order, {.type = EventType::PaymentVoided,
                            .at = now,
                            .actor = Actor::PaymentProcessor,
                            .attempt = attempt,
                            .amount = held});
  if (!next) return std::unexpected(std::move(next.error()));
  if (held > 0) next->state.payment_status = PaymentStatus::Voided;
  return transition(order, std::move(*next));
}

std::vector<StockLine> needed_stock(const OrderBody& body,
                                    const std::vector<std::string>& controlled_skus) {
  std::vector<StockLine> needed;
  for (const Line& line : body.lines) {
    if (std::ranges::find(controlled_skus, line.sku) == controlled_skus.end()) continue;
    const auto at = std::ranges::lower_bound(needed, line.sku, {}, &StockLine::sku);
    if (at != needed.end() && at->sku == line.sku) {
      at->quantity += line.quantity;
    } else {
      needed.insert(at, {line.sku, line.quantity});
    }
  }
  return needed;
}

// No barrier: the claim follows, which is a commit.
Decision stock_reserved(const Order& order, std::vector<StockLine> stock, Timestamp now) {
  const StockMove move = stock.empty() ? StockMove::None : StockMove::Reserve;
  auto next = begin(order, {.type = EventType::StockReserved,
                            .at = now,
                            .actor = Actor::InventoryProcessor,
                            .stock = std::move(stock)});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::Reserved;
  next->state.fulfillment_status = FulfillmentStatus::Reserved;
  next->state.due_at = now;
  return transition(order, std::move(*next), move, kNoBarrier);
}

Decision sold_out(const Order& order, std::string detail, Timestamp now) {
  auto next = begin(order, {.type = EventType::OutOfStock,
                            .at = now,
                            .actor = Actor::InventoryProcessor,
                            .detail = detail});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::OutOfStock;
  next->state.reason = std::move(detail);
  next->state.due_at = now;
  return transition(order, std::move(*next));
}

// A barrier: the capture follows. Once the claim is on disk, a cancel is refused, so no money is
// taken for an order that was cancelled.
Decision claimed(const Order& order, Timestamp now) {
  auto next = begin(
      order,
      {.type = EventType::FulfillmentClaimed, .at = now, .actor = Actor::FulfillmentProcessor});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::Fulfilling;
  next->state.due_at = now;
  return transition(order, std::move(*next));
}

Decision captured(const Order& order, int attempt, Timestamp now) {
  auto next = begin(order, {.type = EventType::PaymentCaptured,
                            .at = now,
                            .actor = Actor::FulfillmentProcessor,
                            .attempt = attempt,
                            .amount = order.body->total});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.payment_status = PaymentStatus::Captured;
  next->state.due_at = now;
  // No barrier: a claimed order cannot be cancelled, so shipping need not wait until this is
  // stored. After a crash the capture is asked for again under the same key.
  return transition(order, std::move(*next), StockMove::None, kNoBarrier);
}

Decision capture_declined(const Order& order, int attempt, std::string reason, Timestamp now) {
  auto next = begin(order, {.type = EventType::CaptureDeclined,
                            .at = now,
                            .actor = Actor::FulfillmentProcessor,
                            .attempt = attempt,
                            .amount = open_authorization(order.state),
                            .detail = reason});
  if (!next) return std::unexpected(std::move(next.error()));
  const StockMove move = release_stock(order, *next);
  next->state.status = Status::PaymentDeclined;
  next->state.payment_status = PaymentStatus::Declined;
  next->state.reason = std::move(reason);
  return transition(order, std::move(*next), move);
}

// No barrier: nothing follows the last event. After a crash the carrier is asked again under the
// same key.
Decision shipped(const Order& order, int attempt, std::string tracking_number, std::string carrier,
                 Timestamp now) {
  auto next = begin(order, {.type = EventType::OrderShipped,
                            .at = now,
                            .actor = Actor::FulfillmentProcessor,
                            .attempt = attempt,
                            .stock = held_stock(order.state)});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.status = Status::Shipped;
  next->state.fulfillment_status = FulfillmentStatus::Shipped;
  next->state.tracking_number = std::move(tracking_number);
  next->state.carrier = std::move(carrier);
  const bool moves = !next->state.events.back().stock.empty();
  return transition(order, std::move(*next), moves ? StockMove::Ship : StockMove::None, kNoBarrier);
}

// A barrier: the answer to the client follows, and the void.
Decision cancelled(const Order& order, std::string reason, Timestamp now) {
  auto next = begin(
      order,
      {.type = EventType::OrderCancelled, .at = now, .actor = Actor::OrderAdmin, .detail = reason});
  if (!next) return std::unexpected(std::move(next.error()));
  const StockMove move = release_stock(order, *next);
  next->state.status = Status::Cancelled;
  next->state.reason = std::move(reason);
  // Due even if no authorization is recorded: a request for one may be in flight, and the tombstone
  // of the void stops it.
  next->state.due_at = now;
  return transition(order, std::move(*next), move);
}

Decision retried(const Order& order, Timestamp now) {
  auto next = begin(order, {.type = EventType::WorkRetried, .at = now, .actor = Actor::OrderAdmin});
  if (!next) return std::unexpected(std::move(next.error()));
  const std::size_t events = order.state.events.size();
  if (events > kOrderEventsMax - kEventsToTheEnd) {
    return failure(ErrorCode::Conflict, "this order has " + std::to_string(events) +
                                            " events; with more it could outgrow the store");
  }
  next->state.due_at = now;
  return transition(order, std::move(*next));
}

Decision deferred(const Order& order, Actor actor, int attempt, std::string problem, double jitter,
                  Timestamp now, Duration not_before) {
  const Event& last = order.state.events.back();
  // Another step would have an event of its own in between.
  const bool again =
      last.type == EventType::WorkDeferred && last.actor == actor && last.attempt == attempt;
  // A first try ahead of the clock means that the clock was set back: patience begins now.
  const Timestamp begun = std::min(last.begun_at(), now);
  if (again && now - begun >= kPatience) {
    return parked(order, actor, attempt, std::move(problem), now);
  }
  auto next = begin(order, {.type = EventType::WorkDeferred,
                            .at = now,
                            .actor = actor,
                            .attempt = attempt,
                            .detail = shortened(std::move(problem))});
  if (!next) return std::unexpected(std::move(next.error()));
  if (again) {
    std::vector<Event>& events = next->state.events;
    events.back().count = last.count + 1;
    events.back().first_at = begun;
    events.erase(events.end() - 2);
  }
  const int tries = order.state.tries + 1;
  next->state.tries = tries;
  const Duration wait = Backoff{.base = kBackoffBase, .cap = kBackoffCap}.wait(tries, jitter);
  next->state.due_at = now + std::min<Duration>(std::max(wait, not_before), kBackoffCap);
  return transition(order, std::move(*next));
}

Decision parked(const Order& order, Actor actor, int attempt, std::string problem, Timestamp now) {
  problem = shortened(std::move(problem));
  auto next = begin(order, {.type = EventType::WorkParked,
                            .at = now,
                            .actor = actor,
                            .attempt = attempt,
                            .detail = problem});
  if (!next) return std::unexpected(std::move(next.error()));
  next->state.tries = order.state.tries + 1;
  // due_at stays set, since the order is not at its end; `attention` keeps it from being worked on.
  next->state.due_at = now;
  next->state.attention = Attention{std::move(problem), next->updated_at()};
  return transition(order, std::move(*next));
}

Order as_received(const Order& order) {
  Order first;
  first.body = order.body;
  first.state.due_at = order.body->created_at;
  first.state.events = {order.state.events.front()};
  return first;
}

}  // namespace orderflow
