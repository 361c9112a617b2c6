#pragma once

namespace orderflow::lambda {

/// SIGTERM and SIGINT, noticed only while the process waits for an event: a signal during an
/// invocation takes effect once the answer is posted. One a process, made before the second thread.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Whether a signal has come.
  [[nodiscard]] bool requested() const;

  /// Waits until the socket is readable or the other side has closed it: true. False where a signal
  /// came first, before this call or during it.
  [[nodiscard]] bool wait_readable(int socket) const;
};

}  // namespace orderflow::lambda
