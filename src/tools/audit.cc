#include "tools/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <ostream>
#include <set>
#include <unordered_set>

#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sqlite/engine/schema.h"
#include "adapters/sqlite/orders/order_columns.h"
#include "adapters/sqlite/sandbox/book_rows.h"
#include "audit/timeline.h"
#include "tools/progress.h"
#include "tools/shop_snapshot.h"

namespace orderflow {
namespace {

constexpr std::size_t kExamplesMax = 20;

struct CheckText {
  Check check;
  const char* name;
  const char* claim;
  const char* unit;
};
constexpr std::array kCheckTexts = {
    CheckText{Check::M1, "M1", "captured at most once, within the authorization and the total",
              "orders"},
    CheckText{Check::M2, "M2", "refunded no more than was captured", "orders"},
    CheckText{Check::M3, "M3", "what was shipped is captured in full", "shipped orders"},
    CheckText{Check::M4, "M4", "what ended without shipping holds no money and no stock",
              "such orders"},
    CheckText{Check::M5, "M5", "our ledger equals the payment provider's", "orders"},
    CheckText{Check::S1, "S1", "stock adds up: available + reserved + shipped = received",
              "products"},
    CheckText{Check::T1, "T1", "every step is in the status table and gives what is stored",
              "steps"},
    CheckText{Check::E1, "E1", "the outside world saw each effect once", "effects"},
    CheckText{Check::L1, "L1", "what is not at its end has a step due or is parked", "open orders"},
    CheckText{Check::I1, "I1", "each idempotency key has its order", "keys"},
    CheckText{Check::D1, "D1", "every order is whole, listed and counted", "orders"},
};
static_assert(kCheckTexts.size() == kCheckCount);

class Report {
 public:
  Report() {
    for (const CheckText& text : kCheckTexts) {
      report_.checks.push_back({.name = text.name, .claim = text.claim, .unit = text.unit});
    }
  }
  void count(Check check, std::int64_t checked = 1) { at(check).checked += checked; }
  void violate(Check check, std::string what) {
    CheckResult& result = at(check);
    ++result.violations;
    if (result.examples.size() < kExamplesMax) result.examples.push_back(std::move(what));
  }
  void skip(Check check, std::string why) { at(check).skipped = std::move(why); }
  AuditReport take() { return std::move(report_); }

 private:
  CheckResult& at(Check check) { return report_.checks[static_cast<std::size_t>(check)]; }
  AuditReport report_;
};

/// Stock of one SKU, summed over all timelines.
struct StockSums {
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
};

class Auditor {
 public:
  explicit Auditor(ShopSnapshot snapshot) : snapshot_(std::move(snapshot)), db_(snapshot_.shop()) {
    if (snapshot_.books() != nullptr) books_.emplace(*snapshot_.books());
  }

  AuditReport run() {
    audit_orders();
    audit_stock();
    audit_pairs();
    audit_counts();
    audit_keys();
    audit_strangers();
    return report_.take();
  }

 private:
  void audit_orders() {
    Progress progress("audit", "orders");
    OrderScan scan(db_);
    while (auto row = scan.next()) {
      audit_order(*row);
      progress.step();
    }
  }

  void audit_order(const OrderRow& row) {
    report_.count(Check::D1);
    ++counts_[row.status];
    if (row.listed == sqlite::kListedParked) ++counts_[sqlite::kParkedCount];
    if (!row.order) {
      report_.violate(Check::D1, fmt::format("row {}: {}", row.seq, row.order.error().detail));
      return;
    }
    const Order& order = *row.order;
    Timeline timeline(*order.body);
    for (const Fault& fault : judge(order, timeline)) violate(fault.check, order, fault.detail);
    count(order, timeline);
    audit_row(row);
    for (const StockLine& line : timeline.reserved()) stock_[line.sku].reserved += line.quantity;
    for (const StockLine& line : timeline.shipped()) stock_[line.sku].shipped += line.quantity;
    if (!timeline.legal()) return;  // where it is, nobody can say
    audit_place(row, timeline);
    if (books_) audit_books(order, timeline);
  }

  void count(const Order& order, const Timeline& timeline) {
    report_.count(Check::M1);
    report_.count(Check::M2);
    report_.count(Check::T1, std::ssize(order.state.events));
    const bool shipped = timeline.phase() == Phase::Shipped;
    if (shipped) report_.count(Check::M3);
    if (!ended(timeline.phase())) report_.count(Check::L1);
    if (ended(timeline.phase()) && !shipped) report_.count(Check::M4);
  }

  /// The columns say what the state says.
  void audit_row(const OrderRow& row) {
    const Order& order = *row.order;
    const OrderState& state = order.state;
    if (row.version != std::ssize(state.events)) {
      violate(Check::T1, order,
              fmt::format("version {}, but {} events", row.version, state.events.size()));
    }
    if (row.status != static_cast<int>(state.status)) {
      violate(
          Check::T1, order,
          fmt::format("the row has status {}, the state {}", row.status, to_string(state.status)));
    }
    const auto due_at =
        state.due_at ? std::optional(state.due_at->time_since_epoch().count()) : std::nullopt;
    if (row.due_at != due_at) violate(Check::L1, order, "the row is due at another time");
    if (row.customer != sqlite::customer_hash(order.body->customer_email)) {
      violate(Check::D1, order, "it is listed under another customer");
    }
    if (row.copy_differs) {
      violate(Check::D1, order, "its row has another id or body than was asked for");
    }
  }

  void audit_place(const OrderRow& row, const Timeline& timeline) {
    const auto status = static_cast<int>(timeline.expected().status);
    std::optional<std::int64_t> list = sqlite::kListedOpen;
    if (timeline.parked()) list = sqlite::kListedParked;
    if (ended(timeline.phase())) list = sqlite::kListedEnded + status;
    if (timeline.phase() == Phase::Shipped) list.reset();
    if (row.listed != list) violate(Check::D1, *row.order, "it is in the wrong list");
  }

  void audit_books(const Order& order, const Timeline& timeline) {
    report_.count(Check::M5);
    const auto stored = books_->payment(order.id());
    if (!stored) {
      violate(Check::M5, order, "the provider's account can not be read");
      return;
    }
    const auto account = stored->value_or(sandbox::PaymentAccount());
    const PaymentRecord record = record_of(account);
    const auto attempt = books_->shipment(order.id());
    effects_found_ += (stored->has_value() ? 1 : 0) + (attempt ? 1 : 0);
    audit_effects(order, account.entries);
    if (auto wrong = money_difference(timeline, *order.body, record); !wrong.empty()) {
      violate(Check::M5, order, wrong);
    }
    const std::string& currency = account.currency;
    if (!currency.empty() && currency != order.body->currency.code()) {
      violate(Check::M5, order, fmt::format("the provider has it in {}", currency));
    }
    std::optional<std::string> shipment;
    if (attempt) shipment = tracking_number(order.id());
    report_.count(Check::E1, attempt ? 1 : 0);
    if (auto wrong = shipment_difference(timeline, order.state, shipment); !wrong.empty()) {
      violate(Check::E1, order, wrong);
    }
    const Event& last = order.state.events.back();
    if (attempt && last.type == EventType::OrderShipped && last.attempt != *attempt) {
      violate(Check::E1, order,
              fmt::format("shipped by attempt {}, here by {}", *attempt, last.attempt));
    }
    if (attempt && record.captured != order.body->total) {
      violate(Check::M3, order,
              fmt::format("the carrier has shipped it, the provider has captured {} of {}",
                          record.captured, order.body->total));
    }
  }

  void audit_effects(const Order& order, const std::vector<sandbox::PaymentEntry>& entries) {
    std::set<std::pair<sandbox::PaymentOperation, int>> seen;
    for (const sandbox::PaymentEntry& entry : entries) {
      report_.count(Check::E1);
      if (!seen.emplace(entry.operation, entry.attempt).second) {
        violate(
            Check::E1, order,
            fmt::format("{}:{} twice at the provider", to_string(entry.operation), entry.attempt));
      }
    }
  }

  void audit_stock() {
    auto products = db_.prepare(
        "SELECT p.sku, available, reserved, shipped, received, coalesce(entered, 0) "
        "FROM products p LEFT JOIN (SELECT sku, sum(quantity) AS entered FROM stock_ledger "
        "GROUP BY sku) l ON l.sku = p.sku");
    while (products.step()) {
      report_.count(Check::S1);
      const std::string sku(products.text(0));
      const StockSums sums = stock_[sku];
      stock_.erase(sku);
      const std::int64_t available = products.integer(1);
      const std::int64_t reserved = products.integer(2);
      const std::int64_t shipped = products.integer(3);
      const std::int64_t received = products.integer(4);
      if (available < 0 || available + reserved + shipped != received) {
        report_.violate(Check::S1,
                        fmt::format("{}: available {} + reserved {} + shipped {}, received {}", sku,
                                    available, reserved, shipped, received));
      }
      if (reserved != sums.reserved || shipped != sums.shipped) {
        report_.violate(Check::S1,
                        fmt::format("{}: reserved {}, shipped {}; by the timelines {} and {}", sku,
                                    reserved, shipped, sums.reserved, sums.shipped));
      }
      if (received != products.integer(5)) {
        report_.violate(Check::S1, fmt::format("{}: received {}, by the stock ledger {}", sku,
                                               received, products.integer(5)));
      }
    }
    for (const auto& [sku, sums] : stock_) {
      report_.violate(Check::S1, fmt::format("{}: reserved {}, shipped {}, but no such product",
                                             sku, sums.reserved, sums.shipped));
    }
  }

  /// A body without its hot row or the other way round is in no scan.
  void audit_pairs() {
    auto lonely = db_.prepare(
        "SELECT seq, 'has no state' FROM bodies b WHERE NOT EXISTS "
        "  (SELECT 1 FROM orders o WHERE o.seq = b.seq) UNION ALL "
        "SELECT seq, 'has no body' FROM orders o WHERE NOT EXISTS "
        "  (SELECT 1 FROM bodies b WHERE b.seq = o.seq) UNION ALL "
        "SELECT seq, 'has no id' FROM bodies b WHERE tail IS NULL AND NOT EXISTS "
        "  (SELECT 1 FROM id_alias a WHERE a.seq = b.seq)");
    while (lonely.step()) {
      report_.violate(Check::D1, fmt::format("row {} {}", lonely.integer(0), lonely.text(1)));
    }
  }

  void audit_counts() {
    auto rows = db_.prepare("SELECT status, n FROM order_counts");
    while (rows.step()) counts_[rows.integer(0)] -= rows.integer(1);
    for (const auto& [status, difference] : counts_) {
      if (difference == 0) continue;
      const std::string name = status == sqlite::kParkedCount ? "parked"
                               : status < kStatusCount
                                   ? std::string(to_string(static_cast<Status>(status)))
                                   : std::to_string(status);
      report_.violate(Check::D1,
                      fmt::format("{} more orders are {} than are counted", difference, name));
    }
  }

  void audit_keys() {
    auto keys = db_.prepare(
        "SELECT i.seq, i.bucket FROM idempotency i "
        "WHERE NOT EXISTS (SELECT 1 FROM bodies b WHERE b.seq = i.seq)");
    while (keys.step()) {
      report_.violate(Check::I1, fmt::format("a key in bucket {} has no order: row {} is not there",
                                             keys.integer(1), keys.integer(0)));
    }
    auto all = db_.prepare("SELECT count(*) FROM idempotency");
    all.step();
    report_.count(Check::I1, all.integer(0));
  }

  /// Effects for orders that nobody has.
  void audit_strangers() {
    if (!books_) {
      for (const Check check : {Check::M5, Check::E1}) {
        report_.skip(check, "not checked: nothing was simulated here");
      }
      return;
    }
    auto all = snapshot_.books()->prepare(
        "SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM shipments)");
    all.step();
    if (all.integer(0) == effects_found_) return;
    std::unordered_set<OrderId> known;
    OrderScan scan(db_);
    while (const auto row = scan.next()) known.insert(row->id);
    auto ids = snapshot_.books()->prepare(
        "SELECT order_id, 'a payment' FROM payments UNION ALL "
        "SELECT order_id, 'a shipment' FROM shipments");
    while (ids.step()) {
      const OrderId id = order_id_of(ids.blob(0));
      if (!known.contains(id)) {
        report_.violate(Check::E1, fmt::format("{}: {} of an order that is not here",
                                               id.to_string(), ids.text(1)));
      }
    }
  }

  void violate(Check check, const Order& order, std::string_view what) {
    report_.violate(check, fmt::format("order {}: {}", order.id().to_string(), what));
  }

  ShopSnapshot snapshot_;
  sqlite::SqliteConnection& db_;
  std::optional<sandbox::BookRows> books_;
  std::int64_t effects_found_ = 0;  ///< accounts and shipments that belong to an order
  Report report_;
  std::map<std::string, StockSums> stock_;
  std::map<std::int64_t, std::int64_t> counts_;  ///< by row of order_counts
};

void print(const AuditReport& report, std::ostream& out) {
  for (const CheckResult& check : report.checks) {
    const std::string verdict = !check.skipped.empty()  ? check.skipped
                                : check.violations == 0 ? "ok"
                                                        : grouped(check.violations) + " VIOLATED";
    out << fmt::format("{}  {:<64}{:>13} {:<15} {}\n", check.name, check.claim,
                       grouped(check.checked), check.unit, verdict);
  }
  for (const CheckResult& check : report.checks) {
    for (const std::string& example : check.examples) out << check.name << "  " << example << '\n';
    const auto more = check.violations - std::ssize(check.examples);
    if (more > 0) out << check.name << "  and " << grouped(more) << " more\n";
  }
  const std::int64_t violations = report.violations();
  if (violations == 0) {
    out << "audit: clean\n";
  } else {
    out << "audit: " << grouped(violations) << (violations == 1 ? " violation\n" : " violations\n");
  }
  out.flush();
}

}  // namespace

std::int64_t AuditReport::violations() const {
  std::int64_t sum = 0;
  for (const CheckResult& check : checks) sum += check.violations;
  return sum;
}

Result<AuditReport> audit(const std::filesystem::path& data) {
  auto snapshot = ShopSnapshot::open(data);
  if (!snapshot) return std::unexpected(std::move(snapshot.error()));
  try {
    return Auditor(std::move(*snapshot)).run();
  } catch (const sqlite::SqliteError& failure) {
    return std::unexpected(failure.error());
  }
}

int run_audit(const std::filesystem::path& data, std::ostream& out) {
  const auto report = audit(data);
  if (!report) {
    std::cerr << "audit: " << report.error().detail << '\n';
    return 2;
  }
  print(*report, out);
  return report->violations() == 0 ? 0 : 1;
}

}  // namespace orderflow
