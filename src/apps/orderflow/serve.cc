#include "apps/orderflow/serve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stop_token>
#include <vector>

#include "adapters/sqlite/engine/data_folder.h"
#include "adapters/system/system_timers.h"
#include "api/api.h"
#include "api/wrong_tokens.h"
#include "apps/orderflow/access_log.h"
#include "apps/orderflow/aws_home.h"
#include "apps/orderflow/home.h"
#include "apps/orderflow/local_home.h"
#include "apps/orderflow/memory.h"
#include "apps/orderflow/metrics.h"
#include "base/check.h"
#include "base/log.h"
#include "functions/order_recovery.h"
#include "http/server/http_server.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMib = 1024 * 1024;
constexpr std::chrono::seconds kEverySecond{1};
/// Seconds that a graceful stop may take in all: clients, payment provider, disk.
constexpr unsigned kStopWithin = 3;
/// The files that must be free to start, of which the store takes about half.
constexpr std::size_t kDescriptorsFree = 48;
constexpr rlim_t kDescriptorsMin = 64;

/// What is the same in every home: the HTTP API, order-recovery, metrics and the access log.
class Service {
 public:
  Service(asio::io_context& io, const ServeOptions& options, Home& home, Metrics& metrics,
          AccessLog& access_log)
      : home_(home),
        metrics_(metrics),
        access_log_(access_log),
        timers_(io.get_executor()),
        wrong_tokens_(timers_),
        api_(home.services(), {.admin_token = home.admin_token(),
                               .metrics = [this] { return scrape(); },
                               .ready = [this] { return ready_ && home_.can_write(); },
                               .cors_origins = options.cors_origins,
                               .hosts = HostNames(options.address, options.hosts),
                               .on_wrong_token =
                                   [this](std::string_view client) {
                                     metrics_.count_wrong_token();
                                     return wrong_tokens_.hold_back(std::string(client));
                                   }}),
        server_(
            io,
            {.address = options.address,
             .port = options.port,
             .in_flight_bytes_max = options.in_flight_mib * kMib},
            [this](HttpRequest request) { return api_.handle(std::move(request)); },
            [this](const HttpExchange& exchange) { observe(exchange); }),
        tidy_timer_(io) {}

  Result<void> start() {
    if (auto started = server_.start(); !started) return started;
    home_.start();
    return {};
  }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  Task<void> make_ready() {
    co_await home_.make_ready();
    ready_ = !stopping_.stop_requested();
  }

  Task<void> recover() {
    auto report = [](const Result<std::int64_t>& nudged) {
      if (!nudged) {
        log_error("order-recovery could not read the store", nudged.error());
      } else if (*nudged > 0) {
        log_info("nudged overdue orders", {{"orders", *nudged}});
      }
    };
    return recover_periodically(home_.services(), timers_, home_.recovery_interval(), report,
                                stopping_.get_token());
  }

  /// Ends when `hangups` is cancelled.
  Task<void> reopen_access_log_when_signalled(asio::signal_set& hangups) {
    while (!stopping_.stop_requested()) {
      auto [cancelled, signal] = co_await hangups.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return;
      if (auto opened = access_log_.reopen(); !opened) {
        log_error("the access log could not be reopened", opened.error());
      } else {
        log_info("reopened the access log");
      }
    }
  }

  Task<void> tidy_periodically() {
    while (!stopping_.stop_requested()) {
      tidy_timer_.expires_after(kEverySecond);
      auto [cancelled] = co_await tidy_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return;
      access_log_.flush();
      return_free_memory();
    }
  }

  /// Stops accepting and finishes what is in flight. Due steps stay stored.
  Task<void> stop() {
    ready_ = false;
    stopping_.request_stop();
    tidy_timer_.cancel();
    wrong_tokens_.stop();
    (void)co_await server_.stop();
    access_log_.flush();
    co_await home_.stop();
  }

 private:
  void observe(const HttpExchange& exchange) {
    if (!exchange.error.empty()) {
      log_error(
          "a request could not be served",
          {{"route", exchange.route}, {"status", exchange.status}, {"detail", exchange.error}});
    }
    metrics_.observe_request(exchange);
    access_log_.write(exchange);
  }

  Task<std::string> scrape() {
    auto counts = co_await home_.counts();
    if (counts) metrics_.set_orders(*counts);
    auto depths = co_await home_.services().queue.depths();
    if (depths) metrics_.set_queues(*depths);
    const Services& services = home_.services();
    metrics_.set_breakers(services.payment_breaker.open(), services.carrier_breaker.open());
    metrics_.set_connections(server_.connection_count());
    if (const auto bytes = home_.write_ahead_log_bytes()) metrics_.set_write_ahead_log(*bytes);
    co_return metrics_.text();
  }

  Home& home_;
  Metrics& metrics_;
  AccessLog& access_log_;
  SystemTimers timers_;
  WrongTokens wrong_tokens_;
  Api api_;
  HttpServer server_;
  asio::steady_timer tidy_timer_;
  bool ready_ = false;
  std::stop_source stopping_;
};

int give_up(const std::string& why) {
  std::fprintf(stderr, "orderflow: %s\n", why.c_str());
  return 2;
}

void announce(const ServeOptions& options, std::uint16_t port) {
  const bool v6 = options.address.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + options.address + "]" : options.address;
  std::printf("orderflow listens on http://%s:%d\n", host.c_str(), port);
  std::fflush(stdout);
}

/// After the stop nothing is left in the event loop, so io.run() returns. The alarm ends the
/// process if it takes too long, whatever it waits for: the event loop, a thread or a destructor.
/// This is safe at any moment: stored orders stay stored, and due steps go on at the next start.
Task<void> stop_when_signalled(Service& service, asio::signal_set& signals,
                               asio::signal_set& hangups) {
  const int signal = co_await signals.async_wait(asio::use_awaitable);
  hangups.cancel();
  log_info("stopping", {{"signal", ::sigdescr_np(signal)}, {"withinSeconds", kStopWithin}});
  std::signal(SIGALRM, [](int) { ::_exit(0); });
  ::alarm(kStopWithin);
  co_await service.stop();
}

/// Without descriptors the libraries that the service is built on throw and the store says no more
/// than that it cannot open a file.
Result<void> check_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kDescriptorsMin) {
    limit.rlim_cur = std::min<rlim_t>(kDescriptorsMin, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  std::vector<int> opened;
  int fd = 0;
  while (opened.size() < kDescriptorsFree && fd >= 0) {
    fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) opened.push_back(fd);
  }
  const std::string reason = std::strerror(errno);
  for (const int one : opened) ::close(one);
  if (fd >= 0) return {};
  return failure(
      ErrorCode::Unavailable,
      fmt::format("only {} more files can be opened ({}), and {} are needed to start; raise "
                  "the limit, for example with ulimit -n 1024",
                  opened.size(), reason, kDescriptorsFree));
}

/// What stops the service in good order. Without an access log to reopen, SIGHUP says that the
/// terminal is gone, unless nohup has taken care of that.
void add_stop_signals(asio::signal_set& signals, const AccessLog& access_log) {
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2}) signals.add(signal);
  struct sigaction hangup{};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (!access_log.writes_to_file() && hangup.sa_handler != SIG_IGN) signals.add(SIGHUP);
}

Result<std::unique_ptr<Home>> open_home(asio::io_context& io, const ServeOptions& options,
                                        Metrics& metrics) {
  switch (options.store) {
    case StoreKind::Sqlite:
      return open_local_home(io, options, metrics);
    case StoreKind::Aws:
      return open_aws_home(io, options);
  }
  UNREACHABLE(options.store);
}

}  // namespace

int serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed log must not end the service
  set_log_level(options.log_level);
  if (auto enough = check_descriptors(); !enough) return give_up(enough.error().detail);
  if (options.store == StoreKind::Sqlite &&
      sqlite::belongs_to_shop(options.data, options.access_log)) {
    return give_up("--access-log " + options.access_log + " is a file of the shop itself");
  }
  Metrics metrics;
  asio::io_context io(1);
  auto home = open_home(io, options, metrics);
  if (!home) return give_up(home.error().detail);
  auto access_log = AccessLog::open(options.access_log);  // which may be in the home's folder
  if (!access_log) return give_up(access_log.error().detail);

  // From now on, before the first answer, a signal means a graceful stop.
  asio::signal_set signals(io);
  add_stop_signals(signals, **access_log);
  asio::signal_set hangups(io);
  if ((*access_log)->writes_to_file()) hangups.add(SIGHUP);
  Service service(io, options, **home, metrics, **access_log);
  if (auto started = service.start(); !started) return give_up(started.error().detail);
  asio::co_spawn(io, stop_when_signalled(service, signals, hangups), rethrow);
  asio::co_spawn(io, service.reopen_access_log_when_signalled(hangups), rethrow);
  asio::co_spawn(io, service.make_ready(), rethrow);
  asio::co_spawn(io, service.recover(), rethrow);
  asio::co_spawn(io, service.tidy_periodically(), rethrow);
  announce(options, service.port());
  io.run();
  return 0;
}

}  // namespace orderflow
