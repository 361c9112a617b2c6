#include "proof/world/auditor.h"

#include <fmt/format.h>

#include <algorithm>

namespace orderflow::world {
namespace {

constexpr std::size_t kViolationsMax = 8;

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

bool continues(const Order& later, const Order& earlier) {
  const auto& before = earlier.state.events;
  const auto& after = later.state.events;
  if (before.empty() || after.size() < before.size()) return false;
  if (!std::equal(before.begin(), before.end() - 1, after.begin())) return false;
  const Event& was = before.back();
  const Event& is = after[before.size() - 1];
  if (is == was) return true;
  const auto began = [](const Event& event) { return event.first_at.value_or(event.at); };
  return is.type == EventType::WorkDeferred && was.type == is.type && is.actor == was.actor &&
         is.attempt == was.attempt && is.count == was.count + 1 && began(is) <= began(was);
}

void Auditor::violate(std::string_view invariant, std::string detail) {
  if (violations_.size() >= kViolationsMax) return;
  violations_.push_back({std::string(invariant), std::move(detail)});
}

void Auditor::violate(std::string_view invariant, const Watched& order, std::string_view detail) {
  violate(invariant, fmt::format("order {}: {}", order.number, detail));
}

Watched* Auditor::find(const OrderId& id) {
  const auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

void Auditor::created(std::uint32_t order_number, const Order& order) {
  Watched& watched = orders_[order.id()];
  if (watched.stored) return violate("I1", watched, "it was created twice");
  watched.number = order_number;
  if (!requested_.contains(order_number)) {
    violate("D1", watched, "it is stored, and no client has asked for it");
  }
  auto& same = of_number_[order_number];
  if (order_number < scenario_.orders.size()) {
    const OrderPlan& plan = scenario_.orders[order_number];
    if (plan.with_key && !same.empty()) {
      violate("I1", watched, "its idempotency key has made a second order");
    }
    if (order.body->total != price_of(plan)) {
      violate("M1", watched, "its total is not the price of what was ordered");
    }
  }
  same.push_back(order.id());
  take(watched, order);
}

void Auditor::committed(const Order& order) {
  Watched* watched = find(order.id());
  if (watched == nullptr || !watched->stored) {
    return violate("D1", "an order is changed that was never created");
  }
  take(*watched, order);
}

void Auditor::stock_is(const std::vector<Product>& products) {
  for (const Product& product : products) stock_[product.sku] = product.stock;
  for (auto& [id, order] : orders_) note_shortage(order);
  check_stock();
}

void Auditor::received(const std::string& sku, std::int64_t quantity) {
  received_[sku] += quantity;
}

void Auditor::reopened(const std::vector<OrderPtr>& orders, const std::vector<Product>& products) {
  std::size_t stored = 0;
  for (const auto& [id, watched] : orders_) stored += watched.stored ? 1 : 0;
  if (orders.size() != stored) {
    violate("D1", fmt::format("{} orders were stored, {} came back", stored, orders.size()));
  }
  for (const OrderPtr& order : orders) {
    const Watched* watched = find(order->id());
    if (watched == nullptr || !watched->stored || watched->stored->state != order->state) {
      violate("D1", "an order did not come back as it was stored");
    }
  }
  stock_is(products);
}

void Auditor::asked(Operation effect, const OrderId& order, std::string_view key, Minor amount) {
  Watched* watched = find(order);
  if (watched == nullptr || !watched->stored) {
    return violate("D1", "an effect is asked for an order that is not stored");
  }
  const Order& stored = *watched->stored;
  // Before a stored decline there is one attempt; after one the order is at its end.
  if (key != fmt::format("{}:{}:1", order.to_string(), to_string(effect))) {
    violate("E1", *watched, fmt::format("asks under the key {}", key));
  }
  if (effect != Operation::Ship && amount != stored.body->total) {
    violate("M1", *watched, fmt::format("asks to {} {}", to_string(effect), amount));
  }
  const bool claimed = watched->been.contains(Status::Fulfilling);
  if ((effect == Operation::Capture || effect == Operation::Ship) && !claimed) {
    violate("E1", *watched,
            fmt::format("asks to {} before its claim is durable", to_string(effect)));
  }
  if (effect == Operation::Ship && watched->books.captured != stored.body->total) {
    violate("M3", *watched, "asks to ship before the money is captured");
  }
  const bool given_up =
      watched->been.contains(Status::Cancelled) || watched->been.contains(Status::OutOfStock);
  if (effect == Operation::Void && !given_up) {
    violate("E1", *watched, "asks to void what was not given up");
  }
}

void Auditor::happened(Operation effect, const OrderId& order, std::string_view key, Minor amount) {
  Watched* watched = find(order);
  if (watched == nullptr) return violate("D1", "an effect of an order that is not stored");
  // What moves no money may happen again: a provider that has forgotten the key does it anew.
  const bool moves_nothing = effect != Operation::Ship && amount == 0;
  if (!watched->effects.emplace(key).second && !moves_nothing) {
    violate("E1", *watched, fmt::format("{} has happened twice", key));
  }
  PaymentRecord& books = watched->books;
  switch (effect) {
    case Operation::Authorize:
      if (books.authorized > 0) violate("E1", *watched, "it is authorized twice");
      books.authorized += amount;
      break;
    case Operation::Capture:
      if (books.captured > 0) violate("M1", *watched, "it is captured twice");
      books.captured += amount;
      break;
    case Operation::Void:
      books.voided += amount;
      books.tombstone = true;
      break;
    case Operation::Ship:
      if (watched->shipped) violate("E1", *watched, "it is shipped twice");
      watched->shipped = true;
      break;
    case Operation::Reserve:
    case Operation::Claim:
      break;  // in our own store only
  }
}

void Auditor::refused(Operation effect, const OrderId& order, std::string_view key) {
  Watched* watched = find(order);
  if (watched == nullptr) return;
  watched->refusals.emplace(key);
  // Neither can be asked again: a person has to look.
  const bool is_final = effect == Operation::Ship || effect == Operation::Void;
  if (is_final) watched->refused_for_good.insert(effect);
  // A capture that is refused for good lapses what was held.
  if (effect == Operation::Capture && watched->books.captured == 0) {
    watched->books.voided = watched->books.authorized;
  }
}

void Auditor::given_up(const OrderId& order) {
  if (Watched* watched = find(order)) watched->given_up = true;
}

void Auditor::answered(Operation effect, const OrderId& order, bool is_known) {
  Watched* watched = find(order);
  if (watched != nullptr && !is_known) ++watched->unanswered[effect];
}

std::vector<Watched*> Auditor::named_in(const ClientRequest& request) {
  std::vector<Watched*> named;
  for (const OrderId& id : of_number_[request.order]) {
    if (request.target.contains(id.to_string())) named.push_back(&orders_[id]);
  }
  return named;
}

void Auditor::requested(const ClientRequest& request) {
  if (request.method != "POST") return;
  if (request.target == "/orders") requested_.insert(request.order);
  if (!request.target.ends_with("/cancel")) return;
  for (Watched* watched : named_in(request)) watched->cancel_asked = true;
}

void Auditor::responded(const ClientRequest& request, int status, std::string_view body) {
  if (request.method == "POST" && request.target == "/orders" && status == 201) {
    Watched* found = nullptr;
    for (const OrderId& id : of_number_[request.order]) {
      if (body.contains(id.to_string())) found = find(id);
    }
    if (found == nullptr || !found->stored) {
      return violate("D1",
                     fmt::format("order {}: a 201 for what is not stored durably", request.order));
    }
    found->acknowledged = true;
    if (request.key.empty()) return;
    const OrderId id = found->stored->id();
    const auto [answer, first] =
        key_answers_.try_emplace(fmt::format("{}/{}", request.order, request.key), id);
    if (answer->second != id) violate("I1", *found, "one key was answered with two orders");
  }
  if (request.method == "GET" && status == 200) {
    for (const OrderId& id : of_number_[request.order]) {
      const Watched& watched = orders_[id];
      if (request.target == "/orders/" + id.to_string() && !shows_one_of(watched.been, body)) {
        violate("D1", watched, "it is shown in a status that is not stored durably");
      }
    }
  }
  if (request.method != "POST" || !request.target.ends_with("/cancel")) return;
  for (const Watched* watched : named_in(request)) {
    const std::set<Status>& been = watched->been;
    if (status == 200 && !been.contains(Status::Cancelled)) {
      violate("T1", *watched, "the cancel was answered 200 and is not stored");
    }
    const bool beyond = been.contains(Status::Fulfilling) ||
                        been.contains(Status::PaymentDeclined) || been.contains(Status::OutOfStock);
    if (status == 409 && !beyond) {
      violate("T1", *watched, "the cancel was refused, and nothing stood against it");
    }
  }
}

void Auditor::wrote(std::string_view kind, std::string_view text) {
  if (text.contains(kPersonalMark)) {
    violate("P1", fmt::format("personal data in a {}", kind));
  }
}

void Auditor::finish(const std::vector<OrderPtr>& orders, const std::vector<Product>& products) {
  reopened(orders, products);
  for (const auto& [id, watched] : orders_) {
    if (watched.stored) check_end(watched);
    if (watched.acknowledged && !watched.stored) {
      violate("D1", watched, "it was answered 201 and is gone");
    }
  }
}

std::optional<Status> Auditor::status_of(std::uint32_t order_number) const {
  const auto found = of_number_.find(order_number);
  if (found == of_number_.end() || found->second.empty()) return std::nullopt;
  const Watched& watched = orders_.at(found->second.back());
  return watched.stored ? std::optional(watched.stored->state.status) : std::nullopt;
}

}  // namespace orderflow::world
