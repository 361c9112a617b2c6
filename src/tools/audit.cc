#include "tools/audit.h"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <map>
#include <ostream>
#include <set>
#include <unordered_set>

#include "adapters/sandbox/payment_account.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "audit/clock_difference.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kExamplesMax = 20;

/// Stock of one SKU, summed over all timelines and the stock ledger.
struct AuditedStock {
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
  std::int64_t received = 0;
};

std::string_view name_of(const std::optional<Status>& status) {
  return status ? to_string(*status) : "no status";
}

/// Where an order with this timeline must be listed.
OrderList list_of(const Timeline& timeline) {
  if (timeline.phase() == OrderPhase::Shipped) return OrderList::None;
  if (ended(timeline.phase())) return OrderList::Ended;
  return timeline.parked() ? OrderList::Parked : OrderList::Open;
}

class ShopAudit {
 public:
  ShopAudit(ShopArchive& shop, Timestamp now) : shop_(shop), now_(now) {}

  Result<AuditReport> run() {
    for (const auto check :
         {&ShopAudit::audit_orders, &ShopAudit::audit_stock, &ShopAudit::audit_counts,
          &ShopAudit::audit_keys, &ShopAudit::audit_unknown_effects}) {
      if (auto checked = (this->*check)(); !checked) {
        return std::unexpected(std::move(checked.error()));
      }
    }
    return std::move(report_);
  }

 private:
  Result<void> audit_orders() {
    Progress progress("audit", "orders");
    auto visited = shop_.each_order(Along::Books, [&](const ArchivedOrder& row) -> Result<void> {
      audit_order(row);
      progress.step();
      return {};
    });
    if (!visited) return visited;
    return shop_.check_remains(
        [this](std::string what) { report_.violate(Invariant::D1, std::move(what)); });
  }

  void audit_order(const ArchivedOrder& row) {
    report_.count(Invariant::D1);
    ++orders_;
    if (row.index.status) ++found_as_[static_cast<std::size_t>(*row.index.status)];
    if (row.index.list == OrderList::Parked) ++found_parked_;
    if (!row.order) {
      violate(Invariant::D1, row.id, "{}", row.order.error().detail);
      return;
    }
    const Order& order = *row.order;
    Timeline timeline(*order.body);
    for (const Finding& finding : judge(order, timeline)) {
      violate(finding.invariant, row.id, "{}", finding.detail);
    }
    count(order, timeline);
    audit_index(row);
    if (const auto wrong = clock_difference(*order.body, now_); !wrong.empty()) {
      violate(Invariant::D1, row.id, "{}", wrong);
    }
    for (const std::string& difference : row.differences) {
      violate(Invariant::D1, row.id, "{}", difference);
    }
    for (const StockLine& line : timeline.reserved()) stock_[line.sku].reserved += line.quantity;
    for (const StockLine& line : timeline.shipped()) stock_[line.sku].shipped += line.quantity;
    // An illegal timeline does not say where the order is, so what follows from that is not known.
    if (!timeline.legal()) return;
    if (row.index.list != list_of(timeline)) {
      violate(Invariant::D1, row.id, "it is in the wrong list");
    }
    if (row.books) audit_books(order, *row.books, timeline);
  }

  void count(const Order& order, const Timeline& timeline) {
    report_.count(Invariant::M1);
    report_.count(Invariant::M2);
    report_.count(Invariant::T1, std::ssize(order.state.events));
    const bool shipped = timeline.phase() == OrderPhase::Shipped;
    if (shipped) report_.count(Invariant::M3);
    if (!ended(timeline.phase())) report_.count(Invariant::L1);
    if (ended(timeline.phase()) && !shipped) report_.count(Invariant::M4);
  }

  /// Checks that what the store keeps to find the order by says the same as the order.
  void audit_index(const ArchivedOrder& row) {
    const OrderState& state = row.order->state;
    const OrderIndex& index = row.index;
    if (index.version != row.order->version()) {
      violate(Invariant::T1, row.id, "version {}, but {} events", index.version,
              row.order->version());
    }
    if (index.status != state.status) {
      violate(Invariant::T1, row.id, "it is found as {}, its state is {}", name_of(index.status),
              to_string(state.status));
    }
    if (index.due_at != state.due_at) {
      violate(Invariant::L1, row.id, "it is found as due at another time than its state says");
    }
  }

  void audit_books(const Order& order, const OrderBooks& books, const Timeline& timeline) {
    report_.count(Invariant::M5);
    if (!books.payment) {
      violate(Invariant::M5, order.id(), "the provider's account cannot be read");
      return;
    }
    const auto account = books.payment->value_or(sandbox::PaymentAccount());
    const auto& attempt = books.shipped_attempt;
    effects_found_ += (books.payment->has_value() ? 1 : 0) + (attempt ? 1 : 0);
    audit_payment(order, account, timeline);
    audit_shipment(order, attempt, timeline);
    if (const Minor captured = sandbox::record_of(account).captured;
        attempt && captured != order.body->total) {
      violate(Invariant::M3, order.id(),
              "the carrier has shipped it, the provider has captured {} of {}", captured,
              order.body->total);
    }
  }

  void audit_payment(const Order& order, const sandbox::PaymentAccount& account,
                     const Timeline& timeline) {
    std::set<std::pair<sandbox::PaymentOperation, int>> seen;
    for (const sandbox::PaymentEntry& entry : account.entries) {
      report_.count(Invariant::E1);
      if (!seen.emplace(entry.operation, entry.attempt).second) {
        violate(Invariant::E1, order.id(), "{}:{} twice at the provider",
                to_string(entry.operation), entry.attempt);
      }
    }
    if (auto wrong = money_difference(timeline, *order.body, sandbox::record_of(account));
        !wrong.empty()) {
      violate(Invariant::M5, order.id(), "{}", wrong);
    }
    const std::string& currency = account.currency;
    if (!currency.empty() && currency != order.body->currency.code()) {
      violate(Invariant::M5, order.id(), "the provider has it in {}", currency);
    }
  }

  void audit_shipment(const Order& order, const std::optional<int>& attempt,
                      const Timeline& timeline) {
    std::optional<std::string> shipment;
    if (attempt) shipment = tracking_number(order.id());
    report_.count(Invariant::E1, attempt ? 1 : 0);
    if (auto wrong = shipment_difference(timeline, order.state, shipment); !wrong.empty()) {
      violate(Invariant::E1, order.id(), "{}", wrong);
    }
    const Event& last = order.state.events.back();
    if (attempt && last.type == EventType::OrderShipped && last.attempt != *attempt) {
      violate(Invariant::E1, order.id(), "shipped by attempt {}, here by {}", *attempt,
              last.attempt);
    }
  }

  Result<void> audit_stock() {
    auto visited = shop_.each_stock_entry([this](const StockEntry& entry) -> Result<void> {
      stock_[entry.sku].received += entry.quantity;
      return {};
    });
    if (!visited) return visited;
    visited = shop_.each_product([this](const Product& product) -> Result<void> {
      audit_product(product, stock_[product.sku]);
      stock_.erase(product.sku);
      return {};
    });
    if (!visited) return visited;
    for (const auto& [sku, sums] : stock_) {
      violate_stock(sku, "reserved {}, shipped {}, received {}, but no such product", sums.reserved,
                    sums.shipped, sums.received);
    }
    return {};
  }

  void audit_product(const Product& product, const AuditedStock& sums) {
    report_.count(Invariant::S1);
    const std::string& sku = product.sku;
    const auto& [available, reserved, shipped, received] = product.stock;
    if (available < 0 || available + reserved + shipped != received) {
      violate_stock(sku, "available {} + reserved {} + shipped {}, received {}", available,
                    reserved, shipped, received);
    }
    if (reserved != sums.reserved || shipped != sums.shipped) {
      violate_stock(sku, "reserved {}, shipped {}; by the timelines {} and {}", reserved, shipped,
                    sums.reserved, sums.shipped);
    }
    if (received != sums.received) {
      violate_stock(sku, "received {}, by the stock ledger {}", received, sums.received);
    }
  }

  Result<void> audit_counts() {
    const auto kept = shop_.order_counts();
    if (!kept) return std::unexpected(kept.error());
    if (!kept->by_status) return {};
    const auto compare = [this](std::string_view name, std::int64_t found, std::int64_t counted) {
      if (found == counted) return;
      report_.violate(Invariant::D1,
                      fmt::format("{} more orders are {} than are counted", found - counted, name));
    };
    for (std::size_t i = 0; i < found_as_.size(); ++i) {
      compare(to_string(static_cast<Status>(i)), found_as_[i], kept->by_status->at(i));
    }
    compare("parked", found_parked_, kept->parked);
    return {};
  }

  Result<void> audit_keys() {
    const auto keys = shop_.check_keys(
        [this](std::string what) { report_.violate(Invariant::I1, std::move(what)); });
    if (!keys) return std::unexpected(keys.error());
    report_.count(Invariant::I1, *keys);
    return {};
  }

  /// Effects of orders that are not in the shop. They are looked for only where the books hold more
  /// effects than the orders have: it takes the ids of all orders in memory.
  Result<void> audit_unknown_effects() {
    const auto effects = shop_.count_effects();
    if (!effects) return std::unexpected(effects.error());
    if (!*effects) {
      if (orders_ == 0) return {};
      for (const Invariant invariant : {Invariant::M5, Invariant::E1}) {
        report_.skip(invariant, "NOT CHECKED: the sandbox's books are not here");
      }
      return {};
    }
    if (**effects == effects_found_) return {};
    std::unordered_set<OrderId> known;
    auto visited = shop_.each_order(Along::Nothing, [&](const ArchivedOrder& row) -> Result<void> {
      known.insert(row.id);
      return {};
    });
    if (!visited) return visited;
    const auto check = [&](const OrderId& id, std::string_view effect) -> Result<void> {
      if (!known.contains(id))
        violate(Invariant::E1, id, "{} of an order that is not here", effect);
      return {};
    };
    visited = shop_.each_payment(
        [&](const ArchivedPayment& payment) { return check(payment.order, "a payment"); });
    if (!visited) return visited;
    return shop_.each_shipment(
        [&](const ArchivedShipment& shipment) { return check(shipment.order, "a shipment"); });
  }

  template <typename... Args>
  void violate(Invariant invariant, const OrderId& order, fmt::format_string<Args...> what,
               Args&&... args) {
    report_.violate(invariant, fmt::format("order {}: ", order.to_string()) +
                                   fmt::format(what, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void violate_stock(const std::string& sku, fmt::format_string<Args...> what, Args&&... args) {
    report_.violate(Invariant::S1, sku + ": " + fmt::format(what, std::forward<Args>(args)...));
  }

  ShopArchive& shop_;
  Timestamp now_;
  AuditReport report_;
  std::array<std::int64_t, kStatusCount> found_as_{};  ///< orders by the status they are found as
  std::int64_t orders_ = 0;
  std::int64_t found_parked_ = 0;
  std::int64_t effects_found_ = 0;  ///< accounts and shipments that belong to an order
  std::map<std::string, AuditedStock> stock_;
};

/// "M5, E1"; empty where all was checked.
std::string names_of_skipped(const AuditReport& report) {
  std::string names;
  for (const CheckResult& check : report.checks()) {
    if (check.skipped.empty()) continue;
    names.append(names.empty() ? "" : ", ").append(check.name);
  }
  return names;
}

void print(const AuditReport& report, std::ostream& out) {
  for (const CheckResult& check : report.checks()) {
    const std::string verdict = !check.skipped.empty()  ? std::string(check.skipped)
                                : check.violations == 0 ? "ok"
                                                        : grouped(check.violations) + " VIOLATED";
    out << fmt::format("{}  {:<64}{:>13} {:<15} {}\n", check.name, check.claim,
                       grouped(check.checked), check.unit, verdict);
  }
  for (const CheckResult& check : report.checks()) {
    for (const std::string& example : check.examples) out << check.name << "  " << example << '\n';
    const auto more = check.violations - std::ssize(check.examples);
    if (more > 0) out << check.name << "  and " << grouped(more) << " more\n";
  }
  const std::int64_t violations = report.violations();
  const std::string skipped = names_of_skipped(report);
  if (violations > 0) {
    out << "audit: " << grouped(violations) << (violations == 1 ? " violation" : " violations");
    if (!skipped.empty()) out << "; not checked: " << skipped;
  } else if (!skipped.empty()) {
    out << "audit: no violation found, but not checked: " << skipped;
  } else {
    out << "audit: clean";
  }
  out << std::endl;
}

}  // namespace

void AuditReport::violate(Invariant invariant, std::string what) {
  CheckResult& result = at(invariant);
  ++result.violations;
  if (result.examples.size() < kExamplesMax) result.examples.push_back(std::move(what));
}

std::int64_t AuditReport::violations() const {
  std::int64_t sum = 0;
  for (const CheckResult& check : checks_) sum += check.violations;
  return sum;
}

Result<AuditReport> audit(ShopArchive& shop, Timestamp now) { return ShopAudit(shop, now).run(); }

int run_audit(Result<std::unique_ptr<ShopArchive>> shop, std::ostream& out) {
  const auto report = shop ? audit(**shop) : std::unexpected(std::move(shop.error()));
  if (!report) {
    std::cerr << "audit: " << report.error().detail << '\n';
    return 2;
  }
  print(*report, out);
  if (report->violations() > 0) return 1;
  return names_of_skipped(*report).empty() ? 0 : 2;
}

}  // namespace orderflow
