#include "proof/world/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>

#include "base/check.h"
#include "proof/world/random.h"

namespace orderflow::world {
namespace {

constexpr std::string_view kPoints[] = {
    // Calls of the ports.
    "create", "find", "load", "commit", "list", "overdue", "parked", "catalogue", "get-product",
    "put-product", "adjust-stock", "nudge", "authorize", "capture", "void", "look-up-payment",
    "ship", "look-up-shipment",
    // What the world does by itself.
    "receive", "request", "respond", "tick",
    // Reads that may be some moments old, and the start of the local home.
    "load-recent", "catalogue-recent", "open-orders"};
static_assert(std::size(kPoints) == kPointCount);

constexpr std::string_view kFaults[] = {
    // Of a call.
    "fail-before", "fail-after", "hang-before", "hang-after", "throttle", "stale-read", "conflict",
    "crash-before", "crash-after", "slow", "late", "decline", "stored-error", "forget-keys",
    // Of a message.
    "message-lost", "message-doubled", "message-delayed", "message-to-two", "message-poisoned",
    "message-newer",
    // Of the machine.
    "clock-forward", "clock-back", "group-lost",
    // Of clients.
    "answer-lost", "client-twice", "client-gone",
    // Of a provider.
    "outage",
    // What no retry can help.
    "refused", "unreadable"};
static_assert(std::size(kFaults) == kFaultCount);

template <typename Enum>
bool read_name(std::span<const std::string_view> names, std::string_view name, Enum& out) {
  const auto found = std::ranges::find(names, name);
  out = static_cast<Enum>(found - names.begin());
  return found != names.end();
}

bool read_number(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

/// One seed in sixteen has no faults at all: what fails there fails by itself.
constexpr double kCalm = 1.0 / 16;
/// How many of the kinds of fault a seed turns on, on average.
constexpr double kChosen = 0.3;
constexpr double kRateMin = 0.005;
constexpr int kRateDoublings = 6;

/// A number of its own for each site of a seed.
std::uint64_t number_of(std::uint64_t seed, const Site& site) {
  std::uint64_t state = Random::mix(seed ^ 0xfa1751a7e5000000U);
  state = Random::mix(state ^ static_cast<std::uint64_t>(site.point));
  state = Random::mix(state ^ site.order);
  return Random::mix(state ^ site.nth);
}

template <typename... Faults>
constexpr FaultSet all(Faults... faults) {
  return (set_of(faults) | ...);
}

using enum Fault;

constexpr FaultSet kCrash = all(CrashBefore, CrashAfter);
constexpr FaultSet kRead = all(FailBefore, HangBefore, Slow) | kCrash;
constexpr FaultSet kWrite = kRead | all(FailAfter, HangAfter);
/// A void is never refused: without an authorization it is stored as a tombstone.
constexpr FaultSet kEffect = kWrite | all(Throttle, Late, StoredError, Outage);

}  // namespace

std::string_view to_string(Point point) { return kPoints[static_cast<std::size_t>(point)]; }
std::string_view to_string(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

std::string to_string(const FaultAt& fault) {
  const auto& [point, order, nth] = fault.site;
  return fmt::format("{}@{}:{}:{}", to_string(fault.fault), to_string(point),
                     order == kNoOrder ? "-" : std::to_string(order), nth);
}

std::optional<FaultAt> fault_at_from_string(std::string_view text) {
  const auto at = text.find('@');
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (last == std::string_view::npos || at > first || first == last) return std::nullopt;
  FaultAt fault;
  auto& [point, order, nth] = fault.site;
  const std::string_view order_text = text.substr(first + 1, last - first - 1);
  order = kNoOrder;
  const bool read = read_name(kFaults, text.substr(0, at), fault.fault) &&
                    read_name(kPoints, text.substr(at + 1, first - at - 1), point) &&
                    (order_text == "-" || read_number(order_text, order)) &&
                    read_number(text.substr(last + 1), nth);
  return read ? std::optional(fault) : std::nullopt;
}

FaultPlan FaultPlan::random(std::uint64_t seed) {
  FaultPlan plan;
  plan.seed_ = seed;
  Random random(Random::mix(seed ^ 0x91a2b3c4d5e6f708U));
  if (random.chance(kCalm)) return plan;
  for (double& rate : plan.rates_) {
    const bool chosen = random.chance(kChosen);
    // Small ones as often as great ones; no function of libm, whose last bit is not the same
    // everywhere.
    const auto doubled = static_cast<double>(1 << random.below(kRateDoublings));
    const double drawn = kRateMin * doubled * (1 + random.unit());
    rate = chosen ? drawn : 0;
  }
  return plan;
}

FaultPlan FaultPlan::only(const std::vector<FaultAt>& faults) {
  FaultPlan plan;
  for (const FaultAt& fault : faults) plan.listed_.emplace(fault.site, fault.fault);
  return plan;
}

std::optional<Fault> FaultPlan::at(const Site& site, FaultSet possible) const {
  if (const auto listed = listed_.find(site); listed != listed_.end()) {
    const bool can_be = (possible & set_of(listed->second)) != 0;
    return can_be ? std::optional(listed->second) : std::nullopt;
  }
  // Each kind has a draw of its own; where several strike, the first does.
  const std::uint64_t here = number_of(seed_, site);
  for (FaultSet left = possible; left != 0; left &= left - 1) {
    const auto kind = static_cast<std::size_t>(std::countr_zero(left));
    if (rates_[kind] > 0 && Random(here ^ Random::mix(kind)).chance(rates_[kind])) {
      return static_cast<Fault>(kind);
    }
  }
  return std::nullopt;
}

/// SQLite has one writer, in the process: it neither throttles nor shows an old index. In both
/// homes a commit conflicts only where another one was faster, and the adapter retries DynamoDB's
/// TransactionConflict itself. So nothing injects Conflict.
FaultSet possible_faults(HomeKind home, Point point) {
  const bool local = home == HomeKind::Local;
  const FaultSet throttle = local ? 0 : all(Throttle);
  switch (point) {
    case Point::Create:
      return kWrite | (local ? all(GroupLost) : throttle);
    case Point::Commit:
      return kWrite | all(Refused) | (local ? all(GroupLost) : throttle);
    case Point::AdjustStock:
      return kWrite | throttle;
    // Consistent reads.
    case Point::Find:
    case Point::Load:
    case Point::GetProduct:
      return kRead | throttle;
    case Point::Catalogue:
      return kRead | all(Unreadable) | throttle;
    // Eventually consistent reads: those by an index, and the cheap ones.
    case Point::List:
    case Point::Overdue:
    case Point::Parked:
    case Point::LoadRecent:
    case Point::CatalogueRecent:
      return kRead | throttle | (local ? 0 : all(StaleRead));
    case Point::OpenOrders:
      return kRead;
    case Point::Nudge:  // locally a push in memory: it cannot fail, only die with the process
      return local ? kCrash : kWrite | all(Throttle, MessageLost, MessageDoubled, MessageDelayed);
    case Point::Receive:
      return local ? all(CrashBefore)
                   : all(CrashBefore, MessageDoubled, MessageDelayed, MessageToTwo, MessagePoisoned,
                         MessageNewer);
    case Point::Tick:  // serverless there is no process between two invocations
      return all(ClockForward, ClockBack, ForgetKeys) | (local ? all(CrashBefore) : 0);
    case Point::Authorize:
    case Point::Capture:
    case Point::Ship:
      return kEffect | all(Decline);
    case Point::Void:
      return kEffect;
    case Point::LookUpPayment:
    case Point::LookUpShipment:
      return kRead | all(Throttle);
    case Point::Request:
      return all(ClientTwice, ClientGone);
    case Point::Respond:
      return all(AnswerLost, ClientGone);
    case Point::PutProduct:
      return 0;  // no client of a world asks for it
  }
  UNREACHABLE(point);
}

}  // namespace orderflow::world
