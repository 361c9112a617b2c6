#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <unordered_map>

#include "ports/timers.h"

namespace orderflow {

/// Holds back the answers to wrong admin tokens, so that a script that tries many of them is slow: ten
/// at once, and then one a second on one connection, each client by itself. Nothing else waits: neither
/// a right token of that client nor another client. A held answer takes a connection, so only kHeldMax
/// are held; beyond those a wrong token is answered at once. What protects the service is a long token;
/// this is no lock: behind a proxy all clients have one address, and a stranger could lock out its
/// operators. Used on the I/O thread only.
///
/// A client is an address (HttpRequest::client). Those of the last seconds are remembered, 4,096 at
/// most.
class WrongTokens {
 public:
  static constexpr int kAtOnce = 10;
  static constexpr std::chrono::seconds kInterval{1};
  /// An answer waits for no longer, so a client with many connections gets more than one a second.
  static constexpr std::chrono::seconds kWaitMax{10};
  static constexpr std::size_t kHeldMax = 64;
  static constexpr std::size_t kClientsMax = 4'096;

  explicit WrongTokens(Timers& timers) : timers_(timers) {}

  /// Counts a wrong token of this client and returns when it may be answered.
  Task<void> hold_back(std::string client);
  /// Lets go of all answers, now and from now on.
  void stop();

 private:
  /// Counts one at `now`; returns when it may be answered.
  SteadyTime count(const std::string& client, SteadyTime now);
  void make_room(SteadyTime now);

  Timers& timers_;
  /// When a client has none of its kAtOnce used any more: each wrong token adds kInterval.
  std::unordered_map<std::string, SteadyTime> rested_at_;
  std::set<Timer*> waiting_;
  bool stopped_ = false;
};

}  // namespace orderflow
