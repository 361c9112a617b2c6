#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/time.h"
#include "functions/services.h"
#include "order/model/status.h"

// What clients do in a world, and what the world is made of. Faults are in fault.h.
namespace orderflow::world {

enum class HomeKind : std::uint8_t {
  Local,       ///< one process; its queue dies with it; commits without a barrier may be lost
  Serverless,  ///< many short-lived workers, a queue service with redelivery and dead letters
};
[[nodiscard]] std::string_view to_string(HomeKind home);

struct ProductPlan {
  std::string sku;
  Minor price = 0;
  std::int64_t available = 0;  ///< put before the first order comes
  std::int64_t restocked = 0;  ///< added in the middle of the run; below zero: taken away
};

struct LinePlan {
  std::string sku;  ///< in the scenario's products, or made to order
  Minor price = 0;  ///< of a piece; sent where the product is made to order
  std::int64_t quantity = 1;
};

/// What one customer orders, and how. Its place in the scenario is the order's number in sites and
/// messages.
struct OrderPlan {
  std::vector<LinePlan> lines;
  std::string payment_method = "pm_card_visa";
  Duration at{};            ///< when it is first asked for
  bool with_key = false;    ///< with an Idempotency-Key; a repeat is then the same order
  int repeats = 0;          ///< asks again this often, though it was answered (with_key only)
  bool reuses_key = false;  ///< and once more with the same key for another body: must be 422
  /// Cancelled by an admin as soon as the order is seen in this status (or beyond it), or, without
  /// a status, `cancel_after` after it was answered.
  std::optional<Status> cancel_at;
  std::optional<Duration> cancel_after;
};

struct Scenario {
  std::string name;
  HomeKind home = HomeKind::Local;
  UnknownSku unknown_sku = UnknownSku::MakeToOrder;
  int workers = 1;            ///< serverless: how many work at once
  bool two_versions = false;  ///< serverless: some workers are of the version before
  std::vector<ProductPlan> products;
  std::vector<OrderPlan> orders;
};

/// A shop, its customers and their habits, drawn from the seed: 1 to about 12 orders.
[[nodiscard]] Scenario random_scenario(std::uint64_t seed);

/// The short scenarios of the exhaustive mode, each in both homes: one order that ships, one that
/// is declined, one whose authorization times out, one that is sold out, one cancelled at each
/// status, two that race for one piece.
[[nodiscard]] std::vector<Scenario> short_scenarios();

}  // namespace orderflow::world
