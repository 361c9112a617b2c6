#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "audit/timeline.h"
#include "base/result.h"
#include "ports/shop_archive.h"

namespace orderflow {

/// One invariant and what was found of it.
struct CheckResult {
  std::string name;   ///< "M1"
  std::string claim;  ///< what must hold, for a person
  std::string unit;   ///< what was counted: "orders"
  std::int64_t checked = 0;
  std::int64_t violations = 0;
  std::string skipped;                ///< why it was not checked; empty where it was
  std::vector<std::string> examples;  ///< the first violations, naming the order or SKU and numbers
};

/// What an audit found: one check for each Invariant, in their order.
class AuditReport {
 public:
  AuditReport();

  void count(Invariant invariant, std::int64_t checked = 1) { at(invariant).checked += checked; }
  void violate(Invariant invariant, std::string what);
  void skip(Invariant invariant, std::string why) { at(invariant).skipped = std::move(why); }

  [[nodiscard]] const std::vector<CheckResult>& checks() const { return checks_; }
  [[nodiscard]] std::int64_t violations() const;

 private:
  CheckResult& at(Invariant invariant) { return checks_[static_cast<std::size_t>(invariant)]; }
  std::vector<CheckResult> checks_;
};

/// Recomputes every balance of the shop from the orders' timelines and compares it with what is
/// stored and, where there are any, with the books of the sandbox's provider and carrier. Reads
/// only. Memory grows with the number of SKUs, not of orders, unless the books hold effects of
/// unknown orders. An error where the shop cannot be read to its end.
[[nodiscard]] Result<AuditReport> audit(ShopArchive& shop);

/// `orderflow audit`, on a shop as it was opened: prints the report, a line a check and then each
/// violation. The exit status: 0 clean, 1 violations, 2 could not run (why is on stderr).
int run_audit(Result<std::unique_ptr<ShopArchive>> shop, std::ostream& out);

}  // namespace orderflow
