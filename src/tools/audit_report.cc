#include "tools/audit_report.h"

#include <fmt/format.h>

#include <ostream>

#include "tools/progress.h"

namespace orderflow {
namespace {

constexpr std::size_t kExamplesMax = 20;

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

std::string AuditReport::skipped() const {
  std::string names;
  for (const CheckResult& check : checks_) {
    if (check.skipped.empty()) continue;
    names.append(names.empty() ? "" : ", ").append(check.name);
  }
  return names;
}

void AuditReport::print(std::ostream& out) const {
  for (const CheckResult& check : checks_) {
    const std::string verdict = !check.skipped.empty()  ? std::string(check.skipped)
                                : check.violations == 0 ? "ok"
                                                        : grouped(check.violations) + " VIOLATED";
    out << fmt::format("{}  {:<64}{:>13} {:<15} {}\n", check.name, check.claim,
                       grouped(check.checked), check.unit, verdict);
  }
  for (const CheckResult& check : checks_) {
    for (const std::string& example : check.examples) out << check.name << "  " << example << '\n';
    const auto more = check.violations - std::ssize(check.examples);
    if (more > 0) out << check.name << "  and " << grouped(more) << " more\n";
  }
  const std::int64_t found = violations();
  const std::string not_checked = skipped();
  if (found > 0) {
    out << "audit: " << grouped(found) << (found == 1 ? " violation" : " violations");
    if (!not_checked.empty()) out << "; not checked: " << not_checked;
  } else if (!not_checked.empty()) {
    out << "audit: no violation found, but not checked: " << not_checked;
  } else {
    out << "audit: clean";
  }
  out << std::endl;
}

}  // namespace orderflow
