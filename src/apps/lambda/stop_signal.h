#pragma once

namespace orderflow::lambda {

/// SIGTERM and SIGINT, noticed only while this process waits for an event: a signal that comes in
/// the middle of an invocation takes effect once its answer is posted. One a process, made before
/// there is a second thread.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Whether one has come by now.
  [[nodiscard]] bool requested() const;

  /// Sleeps until there is something to read, or the other side has closed: true. False where a
  /// signal came first, before this call or during it.
  [[nodiscard]] bool wait_readable(int socket) const;
};

}  // namespace orderflow::lambda
