#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.h"

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

struct AuditReport {
  std::vector<CheckResult> checks;
  [[nodiscard]] std::int64_t violations() const;
};

/// Recomputes every balance of the shop in `data` from the orders' timelines and holds it against
/// what is stored and against the simulated provider's and carrier's own books, where they are.
/// Reads only; the service may run. Memory grows with the number of SKUs, not of orders. An error
/// where the shop can not be read at all.
[[nodiscard]] Result<AuditReport> audit(const std::filesystem::path& data);

/// `orderflow audit`: prints the report, a line a check and then each violation. The exit status:
/// 0 clean, 1 violations, 2 could not run (why is on stderr).
int run_audit(const std::filesystem::path& data, std::ostream& out);

}  // namespace orderflow
