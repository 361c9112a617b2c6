#include "tools/audit.h"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <map>
#include <unordered_set>

#include "audit/clock_difference.h"
#include "audit/content.h"
#include "tools/book_findings.h"
#include "tools/progress.h"

namespace orderflow {
namespace {

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

  /// Where a check meets damage that it cannot read past, or fails on what the files lack, that is found
  /// too. What follows from it is then not known.
  Result<AuditReport> run() {
    for (const auto check :
         {&ShopAudit::audit_files, &ShopAudit::audit_orders, &ShopAudit::audit_stock,
          &ShopAudit::audit_counts, &ShopAudit::audit_keys, &ShopAudit::audit_unknown_effects}) {
      auto checked = (this->*check)();
      if (checked) continue;
      if (checked.error().code != ErrorCode::Corrupt && report_.violations() == 0) {
        return std::unexpected(std::move(checked.error()));
      }
      report_.violate(Invariant::F1, "not all can be read and checked: " + checked.error().detail);
      if (check != &ShopAudit::audit_files) break;
    }
    return std::move(report_);
  }

 private:
  Result<void> audit_files() {
    const auto objects = shop_.check_files(
        [this](std::string what) { report_.violate(Invariant::F1, std::move(what)); });
    if (!objects) return std::unexpected(objects.error());
    report_.count(Invariant::F1, *objects);
    return {};
  }

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
    if (auto wrong = content_problem(*order.body); !wrong.empty()) {
      violate(Invariant::D1, row.id, "{}", wrong);
    }
    Timeline timeline(*order.body);
    violate(row.id, judge(order, timeline));
    count(order, timeline);
    audit_index(row);
    if (const auto wrong = clock_difference(*order.body, now_); !wrong.empty()) {
      violate(Invariant::D1, row.id, "{}", wrong);
    }
    for (const std::string& difference : row.differences) {
      violate(Invariant::D1, row.id, "{}", difference);
    }
    // Products are never deleted: each SKU that ever moved has one.
    for (const Event& event : order.state.events) {
      for (const StockLine& line : event.stock) stock_.try_emplace(line.sku);
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
      violate(Invariant::T1, row.id, "its version is {}, but its events count {}", index.version,
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
    report_.count(Invariant::E1, std::ssize(account.entries) + (attempt ? 1 : 0));
    violate(order.id(), payment_findings(order, timeline, account));
    violate(order.id(), shipment_findings(order, timeline, attempt, account));
  }

  Result<void> audit_stock() {
    auto visited = shop_.each_stock_entry([this](const StockEntry& entry) -> Result<void> {
      AuditedStock& sums = stock_[entry.sku];
      sums.received += entry.quantity;
      if (auto wrong = content_problem(entry); !wrong.empty()) {
        violate_stock(entry.sku, "an entry of the stock ledger: {}", wrong);
      } else if (sums.received < 0) {
        violate_stock(entry.sku, "more was written off than was there, by the stock ledger");
      }
      return {};
    });
    if (!visited) return visited;
    visited = shop_.each_product([this](const ArchivedProduct& row) -> Result<void> {
      report_.count(Invariant::S1);
      if (row.product) {
        audit_product(*row.product, stock_[row.sku]);
      } else {
        violate_stock(row.sku, "{}", row.product.error().detail);
      }
      stock_.erase(row.sku);
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
    const std::string& sku = product.sku;
    if (auto wrong = content_problem(product); !wrong.empty()) violate_stock(sku, "{}", wrong);
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

  void violate(const OrderId& order, const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      violate(finding.invariant, order, "{}", finding.detail);
    }
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

}  // namespace

Result<AuditReport> audit(ShopArchive& shop, Timestamp now) { return ShopAudit(shop, now).run(); }

int run_audit(Result<std::unique_ptr<ShopArchive>> shop, std::ostream& out) {
  const auto report = shop ? audit(**shop) : std::unexpected(std::move(shop.error()));
  if (!report) {
    std::cerr << "audit: " << report.error().detail << '\n';
    return 2;
  }
  report->print(out);
  if (report->violations() > 0) return 1;
  return report->skipped().empty() ? 0 : 2;
}

}  // namespace orderflow
