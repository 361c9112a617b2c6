#include "proof/world/report.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace orderflow::world {
namespace {

using enum Fault;

enum class Rows : std::uint8_t { All, Orders, NoOrder };

/// Why a fault cannot meet an order in any status, or no stored order.
struct Exclusion {
  Fault fault;
  Rows rows;
  std::string_view reason;
};

constexpr std::string_view kNoOrders = "clocks and days of standstill concern no single order";
constexpr std::string_view kEffects = "effects are asked for stored orders only";
constexpr std::array kExclusions = {
    Exclusion{Conflict, Rows::All, "happens by itself, where another commit was faster"},
    Exclusion{ForgetKeys, Rows::Orders, kNoOrders},
    Exclusion{ClockForward, Rows::Orders, kNoOrders},
    Exclusion{ClockBack, Rows::Orders, kNoOrders},
    Exclusion{MessageLost, Rows::NoOrder, "a nudge is of a stored order"},
    Exclusion{Late, Rows::NoOrder, kEffects},
    Exclusion{Decline, Rows::NoOrder, kEffects},
    Exclusion{StoredError, Rows::NoOrder, kEffects},
    Exclusion{Refused, Rows::NoOrder, "commits are of stored orders"},
    Exclusion{Unreadable, Rows::Orders, "the record is a product's"},
};

std::string_view row_name(std::size_t row) {
  return row == kStatusCount ? "no order" : orderflow::to_string(static_cast<Status>(row));
}

bool excluded(std::size_t row, Fault fault) {
  return std::ranges::any_of(kExclusions, [&](const Exclusion& exclusion) {
    const bool covers =
        exclusion.rows == Rows::All || (exclusion.rows == Rows::NoOrder) == (row == kStatusCount);
    return exclusion.fault == fault && covers;
  });
}

/// The pairs for which `wanted(hit, possible)` is true, as "slow at PENDING".
template <typename Wanted>
std::vector<std::string> pairs_where(const Coverage& coverage, Wanted wanted) {
  std::vector<std::string> names;
  for (std::size_t row = 0; row < coverage.size(); ++row) {
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      const auto fault = static_cast<Fault>(i);
      if (wanted(coverage[row][i] != 0, !excluded(row, fault))) {
        names.push_back(fmt::format("{} at {}", to_string(fault), row_name(row)));
      }
    }
  }
  return names;
}

std::vector<std::string> never_hit(const Coverage& coverage) {
  return pairs_where(coverage, [](bool hit, bool possible) { return possible && !hit; });
}

double hours(Duration time) {
  return std::chrono::duration<double, std::ratio<3'600>>(time).count();
}

void write_coverage(const Coverage& coverage, std::ostream& out) {
  out << "\n| fault |";
  for (std::size_t row = 0; row <= kStatusCount; ++row) fmt::print(out, " {} |", row_name(row));
  out << "\n| --- |";
  for (std::size_t row = 0; row <= kStatusCount; ++row) out << " ---: |";
  for (std::size_t fault = 0; fault < kFaultCount; ++fault) {
    fmt::print(out, "\n| {} |", to_string(static_cast<Fault>(fault)));
    for (std::size_t row = 0; row <= kStatusCount; ++row) {
      const bool possible = !excluded(row, static_cast<Fault>(fault));
      out << (possible ? fmt::format(" {} |", coverage[row][fault]) : " - |");
    }
  }
  out << "\n";
}

}  // namespace

std::vector<std::string> hit_though_excluded(const Coverage& coverage) {
  return pairs_where(coverage, [](bool hit, bool possible) { return hit && !possible; });
}

void write_text(const SimulationReport& report, std::ostream& out) {
  const WorldTally& tally = report.tally;
  fmt::print(out, "{}: {} worlds, {} failed, {:.1f} hours of virtual time, {} orders, {} events\n",
             report.worlds, tally.worlds, tally.failed, hours(tally.virtual_time), tally.orders,
             tally.events);
  out << "faults:";
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    const std::int64_t injected = tally.injected(fault);
    if (injected > 0) fmt::print(out, " {} {}", to_string(fault), injected);
  }
  const auto never = never_hit(tally.coverage);
  fmt::print(out, "\npairs of status and fault never hit: {}\n", never.size());
  for (const std::string& name : never) fmt::print(out, "  {}\n", name);
  for (const std::string& name : hit_though_excluded(tally.coverage)) {
    fmt::print(out, "hit, though excluded: {}\n", name);
  }
}

void write_markdown(const SimulationReport& report, std::ostream& out) {
  const WorldTally& tally = report.tally;
  fmt::print(out, "# Simulation\n\nThe report of `{}`.\n\n| | |\n| --- | ---: |\n", report.command);
  fmt::print(out, "| worlds | {}: {} |\n| failed | {} |\n", report.worlds, tally.worlds,
             tally.failed);
  fmt::print(out, "| virtual time | {:.1f} hours |\n| orders | {} |\n| events | {} |\n",
             hours(tally.virtual_time), tally.orders, tally.events);
  out << "\n## Faults\n\n| fault | injected |\n| --- | ---: |\n";
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    fmt::print(out, "| {} | {} |\n", to_string(fault), tally.injected(fault));
  }
  out << "\n## Which fault met an order in which status\n";
  write_coverage(tally.coverage, out);
  const auto never = never_hit(tally.coverage);
  fmt::print(out, "\nNever hit: {}.\n",
             never.empty() ? "none" : fmt::format("{}", fmt::join(never, ", ")));
  const auto wrong = hit_though_excluded(tally.coverage);
  if (!wrong.empty()) fmt::print(out, "\nHit, though excluded: {}.\n", fmt::join(wrong, ", "));
  out << "\nExcluded (-):\n\n";
  for (const Exclusion& exclusion : kExclusions) {
    constexpr std::array<std::string_view, 3> kRows = {"everywhere", "at an order", "at no order"};
    fmt::print(out, "- {} {}: {}\n", to_string(exclusion.fault),
               kRows.at(static_cast<std::size_t>(exclusion.rows)), exclusion.reason);
  }
}

}  // namespace orderflow::world
