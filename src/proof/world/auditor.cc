#include "proof/world/auditor.h"

#include <algorithm>

#include "base/check.h"
#include "proof/world/auditor_model.h"

namespace orderflow::world {
namespace {

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
  UNREACHABLE(effect);
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
                        std::string_view target, std::string_view body) {
  if (method == "POST" && target == "/orders") {
    model_->bodies[order_number].emplace(body);
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

}  // namespace orderflow::world
