#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "audit/timeline.h"

namespace orderflow {

/// One invariant and what was found of it.
struct CheckResult {
  std::string_view name;
  std::string_view claim;  ///< what must hold, for a person
  std::string_view unit;   ///< what was counted
  std::int64_t checked = 0;
  std::int64_t violations = 0;
  std::string_view skipped;           ///< why it was not checked; empty where it was
  std::vector<std::string> examples;  ///< the first violations, naming the order or SKU and numbers
};

/// What an audit found.
class AuditReport {
 public:
  void count(Invariant invariant, std::int64_t checked = 1) { at(invariant).checked += checked; }
  void violate(Invariant invariant, std::string what);
  void skip(Invariant invariant, std::string_view why) { at(invariant).skipped = why; }

  [[nodiscard]] const auto& checks() const { return checks_; }
  [[nodiscard]] std::int64_t violations() const;
  /// The names of what was not checked, as "M5, E1"; empty where all was.
  [[nodiscard]] std::string skipped() const;

  /// A line a check, then each violation.
  void print(std::ostream& out) const;

 private:
  CheckResult& at(Invariant invariant) { return checks_[static_cast<std::size_t>(invariant)]; }

  /// In the order of Invariant.
  std::array<CheckResult, kInvariantCount> checks_ = {
      {{"M1", "captured at most once, within the authorization and the total", "orders"},
       {"M2", "refunded no more than was captured", "orders"},
       {"M3", "what was shipped is captured in full", "shipped orders"},
       {"M4", "what ended without shipping holds no money and no stock", "such orders"},
       {"M5", "our ledger equals the payment provider's", "orders"},
       {"S1", "stock adds up: available + reserved + shipped = received", "products"},
       {"T1", "every step is in the status table and gives what is stored", "steps"},
       {"E1", "the outside world saw each effect once", "effects"},
       {"L1", "what is not at its end has a step due or is parked", "open orders"},
       {"I1", "each idempotency key has its order", "keys"},
       {"D1", "every order is whole, listed and counted", "orders"},
       {"F1", "the files are whole, and hold what orderflow made", "tables, indexes"}}};
};

}  // namespace orderflow
