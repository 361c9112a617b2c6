#include "apps/lambda/stop_signal.h"

#include <poll.h>
#include <signal.h>

#include <array>
#include <cerrno>

namespace orderflow::lambda {
namespace {

volatile sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

sigset_t no_signals() {
  sigset_t none;
  sigemptyset(&none);
  return none;
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested = 0;
  struct sigaction action{};
  action.sa_handler = request_stop;
  sigset_t held = no_signals();
  for (const int signal : std::array{SIGTERM, SIGINT}) {
    sigaddset(&held, signal);
    sigaction(signal, &action, nullptr);
  }
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

bool StopSignal::requested() const {
  const timespec no_time{};
  const sigset_t none = no_signals();
  (void)::ppoll(nullptr, 0, &no_time, &none);
  return stop_requested != 0;
}

bool StopSignal::wait_readable(int socket) const {
  // ppoll unblocks signals for exactly as long as it sleeps, so no signal is missed between the
  // check of stop_requested and the sleep.
  const sigset_t none = no_signals();
  pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
  while (stop_requested == 0) {
    const int ready = ::ppoll(&waiting, 1, nullptr, &none);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the read will report the error
  }
  return false;
}

}  // namespace orderflow::lambda
