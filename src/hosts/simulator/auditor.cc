#include "hosts/simulator/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "audit/timeline.h"
#include "base/check.h"
#include "base/limits.h"

namespace orderflow::simulator {
namespace {

constexpr std::size_t kViolationsMax = 8;

/// How the audit names the invariants.
std::string_view name_of(Check check) {
  constexpr std::array<std::string_view, kCheckCount> kNames = {"M1", "M2", "M3", "M4", "M5", "S1",
                                                                "T1", "E1", "L1", "I1", "D1"};
  return kNames.at(static_cast<std::size_t>(check));
}

bool begins_with(const std::vector<Event>& events, const std::vector<Event>& start) {
  return events.size() >= start.size() && std::equal(start.begin(), start.end(), events.begin());
}

bool shows_one_of(const std::set<Status>& statuses, std::string_view order) {
  return std::ranges::any_of(statuses, [&](Status status) {
    return order.contains(fmt::format(R"("status":"{}")", orderflow::to_string(status)));
  });
}

Minor price_of(const OrderPlan& plan) {
  Minor total = 0;
  for (const LinePlan& line : plan.lines) total += line.price * line.quantity;
  return total;
}

/// One order, as far as it was told.
struct Watched {
  std::uint32_t number = kNoOrder;
  OrderPtr stored;            ///< as it is durable; null before it is
  PaymentRecord books;        ///< the provider's
  bool shipped = false;       ///< at the carrier
  bool acknowledged = false;  ///< a client has its 201
  bool cancel_asked = false;
  bool was_short = false;  ///< of a product, at a moment when its stock could be reserved
  std::set<std::string, std::less<>> effects;   ///< keys that have had their effect
  std::set<std::string, std::less<>> refusals;  ///< keys that were refused for good
  std::set<Effect> refused_for_good;            ///< shipments and voids
  std::set<Status> been;                        ///< every status it was durably in
  std::array<int, kEffectCount> unanswered{};   ///< of each effect: calls without an answer
};

/// The effect for which an order waits after this event; nullopt where it waits for none. Work that
/// was put off waits for what it waited for before.
std::optional<Effect> waits_for(const Event& event, std::optional<Effect> before) {
  switch (event.type) {
    case EventType::OrderReceived:
      return Effect::Authorize;
    case EventType::FulfillmentClaimed:
      return Effect::Capture;
    case EventType::PaymentCaptured:
      return Effect::Ship;
    case EventType::OutOfStock:
    case EventType::OrderCancelled:
      return Effect::Void;
    case EventType::WorkDeferred:
    case EventType::WorkParked:
    case EventType::WorkRetried:
      return before;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::Authorize:
      return "authorize";
    case Effect::Capture:
      return "capture";
    case Effect::Void:
      return "void";
    case Effect::Ship:
      return "ship";
  }
  CHECK(!"an effect");
}

struct Auditor::Model {
  explicit Model(const Scenario& scenario_) : scenario(scenario_) {}

  const Scenario& scenario;
  std::map<OrderId, Watched> orders;
  std::map<std::uint32_t, std::vector<OrderId>> of_number;
  std::map<std::string, Stock, std::less<>> stock;              ///< as it was told last
  std::map<std::string, std::int64_t, std::less<>> received;    ///< from outside
  std::map<std::string, std::string, std::less<>> key_bodies;   ///< by number and key: first body
  std::map<std::string, std::string, std::less<>> key_answers;  ///< ... and the order's id
  std::map<std::uint32_t, std::set<std::string>> bodies;        ///< what each client asked for
  std::vector<Violation> violations;

  void violate(std::string_view invariant, std::string detail) {
    if (violations.size() < kViolationsMax) {
      violations.push_back({std::string(invariant), std::move(detail)});
    }
  }
  void violate(std::string_view invariant, const Watched& order, std::string_view detail) {
    violate(invariant, fmt::format("order {}: {}", order.number, detail));
  }

  Watched* find(const OrderId& id) {
    const auto found = orders.find(id);
    return found == orders.end() ? nullptr : &found->second;
  }
  void take(Watched& order, const Order& now);
  void check_outside(const Watched& order, const Order& now, const Timeline& timeline);
  void check_patience(const Watched& order, const Order& now);
  void check_stock();
  void note_shortage(Watched& order) const;
  void check_end(const Watched& order);
};

/// A durable commit.
void Auditor::Model::take(Watched& order, const Order& now) {
  const std::size_t before = order.stored ? order.stored->state.events.size() : 0;
  if (order.stored) {
    if (*order.stored->body != *now.body) violate("T1", order, "its body has changed");
    if (!begins_with(now.state.events, order.stored->state.events) ||
        now.state.events.size() == before) {
      violate("T1", order, "its timeline does not go on where it was");
    }
  }
  Timeline timeline(*now.body);
  for (const orderflow::Fault& fault : judge(now, timeline)) {
    violate(name_of(fault.check), order, fault.detail);
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

/// What is stored rests on what has happened outside, and the other way round.
void Auditor::Model::check_outside(const Watched& order, const Order& now,
                                   const Timeline& timeline) {
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
      violate("E1", order, "a decline is stored that nobody has answered");
    }
  }
}

/// Work is put off only for a call of its own that had no answer, and parked only after kTriesMax
/// of them since the order moved last, or for a refusal that can not be asked again.
void Auditor::Model::check_patience(const Watched& order, const Order& now) {
  std::array<int, kEffectCount> put_off{};
  std::optional<Effect> waiting;
  int tries = 0;
  for (const Event& event : now.state.events) {
    waiting = waits_for(event, waiting);
    const bool parks = event.type == EventType::WorkParked;
    if (!parks && event.type != EventType::WorkDeferred) {
      tries = 0;
      continue;
    }
    if (!waiting) return violate("L1", order, "is put off, and waits for nobody");
    if (parks && order.refused_for_good.contains(*waiting)) continue;
    const auto effect = static_cast<std::size_t>(*waiting);
    if (++put_off[effect] > order.unanswered[effect]) {
      violate("L1", order,
              fmt::format("its {} is put off, and was answered: {}", to_string(*waiting),
                          event.detail));
    }
    if (++tries < kTriesMax && parks) violate("L1", order, "is parked too soon: " + event.detail);
  }
}

/// Of each SKU: what the orders' timelines say is what is stored, and nothing came from nowhere.
void Auditor::Model::check_stock() {
  std::map<std::string, Stock, std::less<>> right;
  for (const auto& [sku, quantity] : received) {
    right[sku].available = right[sku].received = quantity;
  }
  for (const auto& [id, order] : orders) {
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
  for (const auto& [sku, is] : stock) {
    const Stock& should = right[sku];
    if (is.available < 0 || is.reserved < 0) violate("S1", sku + " is below zero");
    if (is == should) continue;
    violate("S1", fmt::format("{} has {} available, {} reserved, {} shipped, {} received; by the "
                              "orders {}, {}, {}, {}",
                              sku, is.available, is.reserved, is.shipped, is.received,
                              should.available, should.reserved, should.shipped, should.received));
  }
}

/// Between the try to reserve and the sell-out that it is stored as, others may give stock back.
void Auditor::Model::note_shortage(Watched& order) const {
  if (!order.stored || order.stored->state.status != Status::Authorized) return;
  std::map<std::string_view, std::int64_t> needed;
  for (const Line& line : order.stored->body->lines) needed[line.sku] += line.quantity;
  for (const auto& [sku, quantity] : needed) {
    const auto found = stock.find(sku);
    if (found != stock.end() && found->second.available < quantity) order.was_short = true;
  }
}

void Auditor::Model::check_end(const Watched& order) {
  const OrderState& state = order.stored->state;
  Timeline timeline(*order.stored->body);
  for (const Event& event : state.events) (void)timeline.apply(event);
  check_outside(order, *order.stored, timeline);  // the outside went on after the last commit
  if (!ended(timeline.phase()) && !state.attention) {
    violate("L1", order, fmt::format("it stays {}", orderflow::to_string(state.status)));
  }
  if (state.status == Status::Cancelled && !order.cancel_asked) {
    violate("T1", order, "CANCELLED, and nobody asked for it");
  }
  const bool declines = order.stored->body->payment_method.starts_with("pm_card_chargeDeclined");
  if (declines && (order.books.authorized > 0 || order.shipped)) {
    violate("M5", order, "a card that declines has paid");
  }
  if (ended(timeline.phase()) && timeline.phase() != Phase::Shipped && order.shipped) {
    violate("E1", order, "it was shipped all the same");
  }
}

Auditor::Auditor(const Scenario& scenario) : model_(std::make_unique<Model>(scenario)) {}
Auditor::~Auditor() = default;

void Auditor::created(std::uint32_t order_number, const Order& order) {
  Watched& watched = model_->orders[order.id()];
  if (watched.stored) return model_->violate("I1", watched, "it was created twice");
  watched.number = order_number;
  if (!model_->bodies.contains(order_number)) {
    model_->violate("D1", watched, "it is stored, and no client has asked for it");
  }
  auto& same = model_->of_number[order_number];
  if (order_number < model_->scenario.orders.size()) {
    const OrderPlan& plan = model_->scenario.orders[order_number];
    if (plan.with_key && !same.empty()) {
      model_->violate("I1", watched, "its idempotency key has made a second order");
    }
    if (order.body->total != price_of(plan)) {
      model_->violate("M1", watched, "its total is not the price of what was ordered");
    }
  }
  same.push_back(order.id());
  model_->take(watched, order);
}

void Auditor::committed(const Order& order) {
  Watched* watched = model_->find(order.id());
  if (watched == nullptr || !watched->stored) {
    return model_->violate("D1", "an order is changed that was never created");
  }
  model_->take(*watched, order);
}

void Auditor::stock_is(const std::vector<Product>& products) {
  for (const Product& product : products) model_->stock[product.sku] = product.stock;
  for (auto& [id, order] : model_->orders) model_->note_shortage(order);
  model_->check_stock();
}

void Auditor::received(const std::string& sku, std::int64_t quantity) {
  model_->received[sku] += quantity;
}

void Auditor::reopened(const std::vector<OrderPtr>& orders, const std::vector<Product>& products) {
  std::size_t stored = 0;
  for (const auto& [id, watched] : model_->orders) stored += watched.stored ? 1 : 0;
  if (orders.size() != stored) {
    model_->violate("D1",
                    fmt::format("{} orders were stored, {} came back", stored, orders.size()));
  }
  for (const OrderPtr& order : orders) {
    const Watched* watched = model_->find(order->id());
    if (watched == nullptr || !watched->stored || watched->stored->state != order->state) {
      model_->violate("D1", "an order did not come back as it was stored");
    }
  }
  stock_is(products);
}

void Auditor::asked(Effect effect, const OrderId& order, std::string_view key, Minor amount) {
  Watched* watched = model_->find(order);
  if (watched == nullptr || !watched->stored) {
    return model_->violate("D1", "an effect is asked for an order that is not stored");
  }
  const Order& stored = *watched->stored;
  // Before a stored decline there is one attempt; after one the order is at its end.
  if (key != fmt::format("{}:{}:1", order.to_string(), to_string(effect))) {
    model_->violate("E1", *watched, fmt::format("asks under the key {}", key));
  }
  if (effect != Effect::Ship && amount != stored.body->total) {
    model_->violate("M1", *watched, fmt::format("asks to {} {}", to_string(effect), amount));
  }
  const bool claimed = watched->been.contains(Status::Fulfilling);
  if ((effect == Effect::Capture || effect == Effect::Ship) && !claimed) {
    model_->violate("E1", *watched,
                    fmt::format("asks to {} before its claim is durable", to_string(effect)));
  }
  if (effect == Effect::Ship && watched->books.captured != stored.body->total) {
    model_->violate("M3", *watched, "asks to ship before the money is captured");
  }
  const bool given_up =
      watched->been.contains(Status::Cancelled) || watched->been.contains(Status::OutOfStock);
  if (effect == Effect::Void && !given_up) {
    model_->violate("E1", *watched, "asks to void what was not given up");
  }
}

void Auditor::happened(Effect effect, const OrderId& order, std::string_view key, Minor amount) {
  Watched* watched = model_->find(order);
  if (watched == nullptr) return model_->violate("D1", "an effect of an order that is not stored");
  // What moves no money may happen again: a provider that has forgotten the key does it anew.
  const bool moves_nothing = effect != Effect::Ship && amount == 0;
  if (!watched->effects.emplace(key).second && !moves_nothing) {
    model_->violate("E1", *watched, fmt::format("{} has happened twice", key));
  }
  PaymentRecord& books = watched->books;
  switch (effect) {
    case Effect::Authorize:
      if (books.authorized > 0) model_->violate("E1", *watched, "it is authorized twice");
      books.authorized += amount;
      break;
    case Effect::Capture:
      if (books.captured > 0) model_->violate("M1", *watched, "it is captured twice");
      books.captured += amount;
      break;
    case Effect::Void:
      books.voided += amount;
      books.tombstone = true;
      break;
    case Effect::Ship:
      if (watched->shipped) model_->violate("E1", *watched, "it is shipped twice");
      watched->shipped = true;
      break;
  }
}

void Auditor::refused(Effect effect, const OrderId& order, std::string_view key) {
  Watched* watched = model_->find(order);
  if (watched == nullptr) return;
  watched->refusals.emplace(key);
  // Neither can be asked again: a person has to look.
  if (effect == Effect::Ship || effect == Effect::Void) watched->refused_for_good.insert(effect);
  // A capture that is refused for good lapses what was held.
  if (effect == Effect::Capture && watched->books.captured == 0) {
    watched->books.voided = watched->books.authorized;
  }
}

void Auditor::answered(Effect effect, const OrderId& order, std::string_view /*key*/,
                       EffectOutcome outcome, std::string_view /*reason*/) {
  Watched* watched = model_->find(order);
  if (watched == nullptr) return;
  if (outcome == EffectOutcome::Unknown) ++watched->unanswered.at(static_cast<std::size_t>(effect));
}

void Auditor::looked_up(Effect effect, const OrderId& order, bool answered) {
  Watched* watched = model_->find(order);
  if (watched == nullptr || answered) return;
  ++watched->unanswered.at(static_cast<std::size_t>(effect));
}

void Auditor::requested(std::uint32_t order_number, std::string_view method,
                        std::string_view target, std::string_view idempotency_key,
                        std::string_view body) {
  if (method == "POST" && target == "/orders") {
    model_->bodies[order_number].emplace(body);
    if (!idempotency_key.empty()) {
      model_->key_bodies.try_emplace(fmt::format("{}/{}", order_number, idempotency_key), body);
    }
  }
  if (method == "POST" && target.ends_with("/cancel")) {
    for (const OrderId& id : model_->of_number[order_number]) {
      if (target.contains(id.to_string())) model_->orders[id].cancel_asked = true;
    }
  }
}

void Auditor::responded(std::uint32_t order_number, std::string_view method,
                        std::string_view target, std::string_view idempotency_key, int status,
                        std::string_view body) {
  const bool submits = method == "POST" && target == "/orders";
  if (submits && status == 201) {
    Watched* found = nullptr;
    for (const OrderId& id : model_->of_number[order_number]) {
      if (body.contains(id.to_string())) found = model_->find(id);
    }
    if (found == nullptr || !found->stored) {
      return model_->violate(
          "D1", fmt::format("order {}: a 201 for what is not stored durably", order_number));
    }
    found->acknowledged = true;
    if (idempotency_key.empty()) return;
    const auto [answer, first] = model_->key_answers.try_emplace(
        fmt::format("{}/{}", order_number, idempotency_key), found->stored->id().to_string());
    if (!first && answer->second != found->stored->id().to_string()) {
      model_->violate("I1", *found, "one key was answered with two orders");
    }
  }
  if (method == "GET" && status == 200) {
    for (const OrderId& id : model_->of_number[order_number]) {
      const Watched& watched = model_->orders[id];
      if (target == "/orders/" + id.to_string() && !shows_one_of(watched.been, body)) {
        model_->violate("D1", watched, "it is shown in a status that is not stored durably");
      }
    }
  }
  const bool cancels = method == "POST" && target.ends_with("/cancel");
  if (!cancels || (status != 200 && status != 409)) return;
  for (const OrderId& id : model_->of_number[order_number]) {
    if (!target.contains(id.to_string())) continue;
    const Watched& watched = model_->orders[id];
    if (status == 200 && !watched.been.contains(Status::Cancelled)) {
      model_->violate("T1", watched, "the cancel was answered 200 and is not stored");
    }
    const bool beyond = watched.been.contains(Status::Fulfilling) ||
                        watched.been.contains(Status::PaymentDeclined) ||
                        watched.been.contains(Status::OutOfStock);
    if (status == 409 && !beyond) {
      model_->violate("T1", watched, "the cancel was refused, and nothing stood against it");
    }
  }
}

void Auditor::wrote(std::string_view kind, std::string_view text) {
  if (text.contains(kPersonalMark)) {
    model_->violate("P1", fmt::format("personal data in a {}", kind));
  }
}

void Auditor::finish(const std::vector<OrderPtr>& orders, const std::vector<Product>& products) {
  reopened(orders, products);
  for (const auto& [id, watched] : model_->orders) {
    if (watched.stored) model_->check_end(watched);
    if (watched.acknowledged && !watched.stored) {
      model_->violate("D1", watched, "it was answered 201 and is gone");
    }
  }
}

const std::vector<Violation>& Auditor::violations() const { return model_->violations; }

std::optional<Status> Auditor::status_of(std::uint32_t order_number) const {
  const auto found = model_->of_number.find(order_number);
  if (found == model_->of_number.end() || found->second.empty()) return std::nullopt;
  const Watched& watched = model_->orders.at(found->second.back());
  return watched.stored ? std::optional(watched.stored->state.status) : std::nullopt;
}

}  // namespace orderflow::simulator
