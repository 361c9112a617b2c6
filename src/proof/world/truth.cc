#include "proof/world/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "order/rules/due.h"

namespace orderflow::world {
namespace {

/// As on DynamoDB: one id for a key.
OrderPtr with_id_of(const Idempotency& idempotency, const Order& order) {
  auto bytes = idempotency.key;
  bytes[6] = static_cast<std::uint8_t>(0x70U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3fU));
  OrderBody body = *order.body;
  body.id = OrderId(bytes);
  return std::make_shared<const Order>(
      Order{std::make_shared<const OrderBody>(std::move(body)), order.state});
}

}  // namespace

bool waits_for_the_disk(const Transition& transition) {
  return transition.barrier || transition.stock_move == StockMove::Reserve;
}

std::string email_of(std::uint32_t number) {
  return std::string(kPersonalMark) + "." + std::to_string(number) + "@example.com";
}

std::uint32_t number_by_email(std::string_view email) {
  std::uint32_t number = kNoOrder;
  const std::size_t dot = email.find('.');
  if (dot != std::string_view::npos) {
    std::from_chars(email.data() + dot + 1, email.data() + email.size(), number);
  }
  return number;
}

Task<Result<Creation>> Truth::create(OrderPtr order, std::optional<Idempotency> idempotency) {
  flush();
  const bool derives_id = idempotency && world_.home() == HomeKind::Serverless;
  if (derives_id) order = with_id_of(*idempotency, *order);
  auto creation = co_await latest_orders.create(order, idempotency);
  if (!creation || creation->outcome != CreateOutcome::Created) co_return creation;
  const OrderId id = order->id();
  durable.orders.emplace(id, order);
  durable.orders_by_age.emplace(order->body->created_at, id);
  before[id] = {.order = nullptr, .changed_at = world_.now()};
  if (idempotency) durable.keys.emplace(idempotency->key, latest.keys.at(idempotency->key));
  const std::uint32_t number = number_by_email(order->body->customer_email);
  world_.name_order(id, number);
  world_.note(number, "is created");
  world_.auditor().created(number, *order);
  co_return creation;
}

Task<Result<CommitOutcome>> Truth::commit(std::uint32_t expected_version, Transition transition) {
  const OrderId id = transition.next->id();
  const auto found = latest.orders.find(id);
  // Where `next` builds on a commit that was lost, its version alone does not show that. The store
  // refuses another version itself.
  if (found != latest.orders.end() && found->second->version() == expected_version &&
      !continues(*transition.next, *found->second)) {
    co_return CommitOutcome::VersionConflict;
  }
  const bool waits = waits_for_the_disk(transition) || world_.home() == HomeKind::Serverless;
  const bool moved = transition.stock_move != StockMove::None;
  auto outcome = co_await latest_orders.commit(expected_version, std::move(transition));
  if (outcome && *outcome == CommitOutcome::Committed) {
    Volatile commit{.order = latest.orders.at(id), .moves_stock = moved};
    if (moved) {
      for (const StockLine& line : commit.order->state.events.back().stock) {
        commit.products.push_back(latest.products.at(line.sku));
      }
    }
    group_.push_back(std::move(commit));
  }
  if (waits) flush();
  co_return outcome;
}

Task<Result<std::vector<OpenOrder>>> Truth::open_orders(std::int64_t after, std::int64_t limit) {
  std::vector<OpenOrder> open;
  std::int64_t seq = 0;
  for (const OrderPtr& order : stored()) {
    const auto step = due(order->state);
    if (++seq > after && step) open.push_back({order->id(), step, seq});
    if (std::cmp_equal(open.size(), limit)) break;
  }
  co_return open;
}

Task<Result<Adjustment>> Truth::adjust(std::string sku, std::int64_t quantity, std::string reason,
                                       std::optional<AdjustmentKey> key) {
  flush();
  auto adjustment = co_await latest_products_.adjust(sku, quantity, std::move(reason), key);
  if (adjustment && adjustment->outcome == AdjustmentOutcome::Adjusted) received(sku, quantity);
  co_return adjustment;
}

void Truth::flush(std::size_t count) {
  count = std::min(count, group_.size());
  for (std::size_t i = 0; i < count; ++i) make_durable(group_[i]);
  group_.erase(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Truth::make_durable(const Volatile& commit) {
  const Order& order = *commit.order;
  before.at(order.id()) = {.order = std::exchange(durable.orders.at(order.id()), commit.order),
                           .changed_at = world_.now()};
  world_.note(
      world_.number_of(order.id()),
      fmt::format("version {} is durable: {}", order.version(), to_string(order.state.status)));
  world_.auditor().committed(order);
  for (const Product& product : commit.products) durable.products.at(product.sku) = product;
  if (commit.moves_stock) world_.auditor().stock_is(commit.products);
}

std::set<OrderId> Truth::roll_back() {
  std::set<OrderId> lost;
  for (const Volatile& commit : group_) {
    const OrderId& id = commit.order->id();
    lost.insert(id);
    latest.orders.at(id) = durable.orders.at(id);
    world_.note(world_.number_of(id), fmt::format("version {} is lost", commit.order->version()));
  }
  group_.clear();
  latest.products = durable.products;
  return lost;
}

void Truth::received(const std::string& sku, std::int64_t quantity) {
  durable.products = latest.products;
  if (quantity != 0) world_.auditor().received(sku, quantity);
  world_.auditor().stock_is({durable.products.at(sku)});
}

std::vector<OrderPtr> Truth::stored() const {
  std::vector<OrderPtr> orders;
  for (const auto& [at, id] : durable.orders_by_age) orders.push_back(durable.orders.at(id));
  return orders;
}

std::vector<Product> Truth::products() const {
  std::vector<Product> products;
  for (const auto& [sku, product] : durable.products) products.push_back(product);
  return products;
}

}  // namespace orderflow::world
