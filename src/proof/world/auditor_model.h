#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/timeline.h"
#include "proof/world/auditor.h"

// What an auditor knows and checks. For auditor.cc and auditor_checks.cc only.
namespace orderflow::world {

/// One order, as far as the auditor knows it.
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

struct Auditor::Model {
  static constexpr std::size_t kViolationsMax = 8;

  explicit Model(const Scenario& scenario_) : scenario(scenario_) {}

  const Scenario& scenario;
  std::map<OrderId, Watched> orders;
  std::map<std::uint32_t, std::vector<OrderId>> of_number;
  std::map<std::string, Stock, std::less<>> stock;            ///< as it was reported last
  std::map<std::string, std::int64_t, std::less<>> received;  ///< from outside
  std::map<std::string, std::string, std::less<>>
      key_answers;                                        ///< by number and key: the order's id
  std::map<std::uint32_t, std::set<std::string>> bodies;  ///< what each client asked for
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

}  // namespace orderflow::world
