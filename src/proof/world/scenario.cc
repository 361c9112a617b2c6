#include "proof/world/scenario.h"

#include <array>

#include "proof/world/random.h"

namespace orderflow::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Payment methods of adapters/sandbox/sandbox_gateway.h. A mark at the end of one does not change
/// its meaning.
constexpr std::string_view kGood = "pm_card_visa_p1mark";
constexpr std::array<std::string_view, 6> kOtherMethods = {
    "pm_card_chargeDeclined",  "pm_card_chargeDeclinedInsufficientFunds",
    "pm_sim_capture_declined", "pm_sim_unknown_before",
    "pm_sim_unknown_after",    "pm_sim_unknown_always"};

constexpr std::array kCancelled = {Status::Pending, Status::Authorized, Status::Reserved,
                                   Status::Fulfilling, Status::Shipped};

std::string product_sku(std::int64_t number) { return "stocked-" + std::to_string(number); }

LinePlan random_line(Random& random, const Scenario& scenario) {
  LinePlan line;
  line.quantity = random.between(1, 3);
  const bool stocked = !scenario.products.empty() && random.chance(0.7);
  if (stocked) {
    const ProductPlan& product = scenario.products[random.below(scenario.products.size())];
    line.sku = product.sku;
    line.price = product.price;
  } else {
    line.sku = "made-" + std::to_string(random.below(3));
    line.price = random.chance(0.1) ? 0 : random.between(1, 100'000);
  }
  return line;
}

void draw_cancel(Random& random, OrderPlan& order) {
  if (random.chance(0.15)) order.cancel_at = kCancelled[random.below(kCancelled.size())];
  if (!order.cancel_at && random.chance(0.1)) {
    order.cancel_after = milliseconds(random.between(0, 5'000));
  }
}

OrderPlan random_order(Random& random, const Scenario& scenario) {
  OrderPlan order;
  const auto lines = random.chance(0.7) ? 1 : random.between(2, 4);
  for (std::int64_t i = 0; i < lines; ++i) order.lines.push_back(random_line(random, scenario));
  if (random.chance(0.1)) order.lines.push_back(order.lines.front());  // the same SKU twice
  order.payment_method = random.chance(0.75)
                             ? std::string(kGood) + std::to_string(random.below(100))
                             : std::string(kOtherMethods[random.below(kOtherMethods.size())]);
  // In half of the shops all orders come at once, so that they race for the last piece.
  order.at = milliseconds(random.between(0, random.chance(0.5) ? 50 : 20'000));
  order.with_key = random.chance(0.7);
  if (order.with_key) {
    order.repeats = random.chance(0.2) ? static_cast<int>(random.between(1, 3)) : 0;
    order.reuses_key = random.chance(0.1);
  }
  draw_cancel(random, order);
  return order;
}

ProductPlan random_product(Random& random, std::int64_t number) {
  ProductPlan product{.sku = product_sku(number), .price = random.between(0, 10'000)};
  product.available = random.between(0, random.chance(0.7) ? 5 : 100);
  if (random.chance(0.3)) product.restocked = random.between(-3, 10);
  return product;
}

Scenario short_scenario(std::string name, std::vector<OrderPlan> orders,
                        std::int64_t available = 1'000) {
  Scenario scenario{.name = std::move(name)};
  scenario.products = {{.sku = product_sku(0), .price = 2'999, .available = available}};
  for (OrderPlan& order : orders) {
    order.lines = {{.sku = product_sku(0), .price = 2'999, .quantity = 1}};
    order.with_key = true;
  }
  scenario.orders = std::move(orders);
  return scenario;
}

OrderPlan paid_with(std::string_view payment_method) {
  return {.payment_method = std::string(payment_method)};
}

OrderPlan cancelled_at(Status status) {
  OrderPlan order = paid_with(kGood);
  order.cancel_at = status;
  return order;
}

}  // namespace

std::string_view to_string(HomeKind home) {
  return home == HomeKind::Local ? "local" : "serverless";
}

Scenario random_scenario(std::uint64_t seed) {
  Random random(Random::mix(seed ^ 0x5ce7a9105ce7a910U));
  Scenario scenario{.name = "seed " + std::to_string(seed)};
  scenario.home = random.chance(0.5) ? HomeKind::Local : HomeKind::Serverless;
  scenario.unknown_sku = random.chance(0.1) ? UnknownSku::Reject : UnknownSku::MakeToOrder;
  if (scenario.home == HomeKind::Serverless) {
    scenario.workers = static_cast<int>(random.between(1, 4));
    scenario.two_versions = scenario.workers > 1 && random.chance(0.3);
  }
  const auto products = random.between(0, 3);
  for (std::int64_t i = 0; i < products; ++i) {
    scenario.products.push_back(random_product(random, i));
  }
  const auto orders = random.chance(0.6) ? random.between(1, 4) : random.between(5, 12);
  for (std::int64_t i = 0; i < orders; ++i) {
    scenario.orders.push_back(random_order(random, scenario));
  }
  return scenario;
}

std::vector<Scenario> short_scenarios() {
  std::vector<Scenario> local = {
      short_scenario("ships", {paid_with(kGood)}),
      short_scenario("is declined", {paid_with("pm_card_chargeDeclined")}),
      short_scenario("has a capture declined", {paid_with("pm_sim_capture_declined")}),
      short_scenario("times out after the authorization", {paid_with("pm_sim_unknown_after")}),
      short_scenario("is sold out", {paid_with(kGood)}, 0),
      short_scenario("two race for one piece", {paid_with(kGood), paid_with(kGood)}, 1)};
  for (const Status status : kCancelled) {
    std::string name = "is cancelled at " + std::string(orderflow::to_string(status));
    local.push_back(short_scenario(std::move(name), {cancelled_at(status)}));
  }
  std::vector<Scenario> scenarios;
  for (const Scenario& scenario : local) {
    for (const HomeKind home : {HomeKind::Local, HomeKind::Serverless}) {
      scenarios.push_back(scenario);
      scenarios.back().home = home;
      scenarios.back().name += ", " + std::string(to_string(home));
      if (home == HomeKind::Serverless) scenarios.back().workers = 2;
    }
  }
  return scenarios;
}

}  // namespace orderflow::world
