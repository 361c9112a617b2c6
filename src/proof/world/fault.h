#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proof/world/scenario.h"

// What can go wrong, and where: the vocabulary of the simulated world.
namespace orderflow::world {

/// A point at which the world may switch, delay or fail. Numbers are part of a seed's meaning:
/// append only.
enum class Point : std::uint8_t {
  // Calls of the ports, by their names there.
  Create,
  Find,
  Load,
  Commit,
  List,
  Overdue,
  Parked,
  Catalogue,
  GetProduct,
  PutProduct,
  AdjustStock,
  Nudge,
  Authorize,
  Capture,
  Void,
  LookUpPayment,
  Ship,
  LookUpShipment,
  // What the world does by itself.
  Receive,  ///< a nudge comes to a worker
  Request,  ///< a client's request comes to the API
  Respond,  ///< its answer leaves
  Tick,     ///< now and then: clocks and processes
  // Reads that may be some moments old (View::Recent).
  LoadRecent,
  CatalogueRecent,
  // For the start of the local home.
  OpenOrders,
};
inline constexpr int kPointCount = 25;
[[nodiscard]] std::string_view to_string(Point point);  ///< "authorize"

enum class Fault : std::uint8_t {
  // Of a call.
  FailBefore,   ///< an error, and nothing has happened
  FailAfter,    ///< an error, and it has happened
  HangBefore,   ///< no answer until the caller gives up, and nothing has happened
  HangAfter,    ///< no answer until the caller gives up, and it has happened
  Throttle,     ///< Throttled; nothing has happened
  StaleRead,    ///< an older state, where the real store may show one
  Conflict,     ///< another commit was faster: VersionConflict
  CrashBefore,  ///< the process dies at this call, before its effect
  CrashAfter,   ///< ... after its effect, before its answer
  Slow,         ///< the answer takes very long, but comes
  Late,         ///< told Unknown now; the request takes effect at the other side much later
  Decline,      ///< the provider refuses what it would otherwise do
  StoredError,  ///< the provider answers 500, stored under the key and replayed for 24 hours
  ForgetKeys,   ///< orderflow does not run for days, and the provider forgets its idempotency keys
  // Of a message.
  MessageLost,
  MessageDoubled,
  MessageDelayed,   ///< and so overtaken by later ones
  MessageToTwo,     ///< delivered to two workers at the same moment
  MessagePoisoned,  ///< an unreadable message comes in the same batch
  MessageNewer,     ///< of a version that only the newer program can read
  // Of the machine.
  ClockForward,
  ClockBack,
  GroupLost,  ///< local home: a group of commits does not reach the disk, and the process lives
  // Of clients.
  AnswerLost,   ///< the client does not see the answer and asks again
  ClientTwice,  ///< the same request twice at the same moment
  ClientGone,   ///< ... and never asks again
  Outage,       ///< from this call on the provider, or the carrier, is down for up to a night
  // What no retry can help.
  Refused,     ///< the store refuses this commit for good; nothing has happened
  Unreadable,  ///< a stored record does not read: Corrupt
};
inline constexpr int kFaultCount = 29;
[[nodiscard]] std::string_view to_string(Fault fault);  ///< "crash-after"

/// The site of no order.
inline constexpr std::uint32_t kNoOrder = 0xffff'ffff;

/// Names one point of a run in a way that other faults hardly change: "the second authorize for
/// order 3". So a fault list stays meaningful when some of its faults are taken away.
struct Site {
  Point point{};
  std::uint32_t order = kNoOrder;  ///< the order's number in its scenario
  std::uint32_t nth = 1;           ///< how many such points of this order there were, this included

  friend auto operator<=>(const Site&, const Site&) = default;
};

struct FaultAt {
  Site site;
  Fault fault{};

  friend auto operator<=>(const FaultAt&, const FaultAt&) = default;
};
/// "crash-after@authorize:3:2", "clock-back@tick:-:7"
[[nodiscard]] std::string to_string(const FaultAt& fault);
[[nodiscard]] std::optional<FaultAt> fault_at_from_string(std::string_view text);

/// The faults that are possible at a point, as a set of bits (1 << Fault).
using FaultSet = std::uint32_t;
[[nodiscard]] constexpr FaultSet set_of(Fault fault) { return 1U << static_cast<unsigned>(fault); }

/// What can go wrong at a point in a home. The source says why the rest cannot.
[[nodiscard]] FaultSet possible_faults(HomeKind home, Point point);

/// Which fault, if any, is injected at a site. A pure function of the site: asking in another order
/// gives the same answers.
class FaultPlan {
 public:
  /// Nothing ever fails.
  FaultPlan() = default;
  /// A random subset of the faults at random rates, both drawn from the seed.
  [[nodiscard]] static FaultPlan random(std::uint64_t seed);
  /// Exactly these.
  [[nodiscard]] static FaultPlan only(const std::vector<FaultAt>& faults);

  /// One of `possible`, or nullopt.
  [[nodiscard]] std::optional<Fault> at(const Site& site, FaultSet possible) const;

 private:
  std::uint64_t seed_ = 0;
  std::array<double, kFaultCount> rates_{};  ///< all zero where the plan is a list
  std::map<Site, Fault> listed_;
};

}  // namespace orderflow::world
