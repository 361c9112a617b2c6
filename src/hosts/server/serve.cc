#include "hosts/server/serve.h"

#include <sys/stat.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "adapters/memory/in_process_queue.h"
#include "adapters/simulated/simulated_carrier.h"
#include "adapters/simulated/simulated_gateway.h"
#include "adapters/sqlite/order_store.h"
#include "adapters/sqlite/product_store.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"
#include "api/api.h"
#include "functions/order_recovery.h"
#include "functions/processors.h"
#include "hosts/server/admin_token.h"
#include "hosts/server/http_server.h"
#include "hosts/server/log.h"
#include "hosts/server/metrics.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kRecoveryInterval{5};
constexpr std::chrono::seconds kFlushInterval{1};
constexpr Duration kNudgeAfterFailure{1'000};
constexpr std::int64_t kOpenOrdersAtOnce = 512;
/// A stop that waits for slow answers ends then.
constexpr Duration kStopWithin{4'500};

/// The process as one object: every adapter of the local home, wired to the functions.
class Shop {
 public:
  Shop(asio::io_context& io, const ServeOptions& options, std::string token, Metrics& metrics,
       AccessLog& access_log, std::unique_ptr<sqlite::Database> database,
       std::unique_ptr<SimulatedLedger> ledger)
      : database_(std::move(database)),
        ledger_(std::move(ledger)),
        ids_(database_->newest_at_open().value_or(OrderId{})),
        orders_(*database_),
        products_(*database_, clock_),
        gateway_(*ledger_, options.payment_latency),
        carrier_(*ledger_, options.carrier_latency),
        queue_(io, ids_),
        services_{orders_,  products_, queue_, gateway_,
                  carrier_, clock_,    ids_,   options.unknown_sku},
        metrics_(metrics),
        access_log_(access_log),
        api_(services_, {.admin_token = std::move(token),
                         .metrics = [this] { return scrape(); },
                         .ready = [this] { return ready_; }}),
        server_(
            io, {.address = options.address, .port = options.port},
            [this](HttpRequest request) { return answer(std::move(request)); },
            [this](const HttpExchange& exchange) { observe(exchange); }),
        io_(io),
        recovery_timer_(io),
        flush_timer_(io) {
    orders_.notify_lost([this](const OrderId& id) {
      asio::co_spawn(io_, nudge_what_is_stored(id), asio::detached);
    });
  }

  Result<void> start() {
    if (auto started = server_.start(); !started) return started;
    queue_.start([this](Stage stage, OrderId id) { return deliver(stage, id); });
    return {};
  }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  /// Puts every order with a step due back into its queue: the queues live in memory.
  Task<void> resume_open_orders() {
    std::int64_t resumed = 0;
    for (std::int64_t after = 0;;) {
      auto orders = co_await orders_.open_orders(after, kOpenOrdersAtOnce);
      if (!orders) {
        log_error("open orders could not be read; order-recovery goes on", orders.error());
        break;
      }
      for (const sqlite::OpenOrder& order : *orders) {
        if (!order.due) continue;
        const Duration delay = std::max(Duration::zero(), order.due->at - clock_.now());
        (void)co_await queue_.nudge(order.due->stage, order.id, delay);
        ++resumed;
      }
      if (std::cmp_less(orders->size(), kOpenOrdersAtOnce)) break;
      after = orders->back().seq;
    }
    ready_ = !stopping_;
    if (resumed > 0) log_info("resumed open orders", {{"orders", resumed}});
  }

  Task<void> recover_periodically() {
    while (!stopping_) {
      recovery_timer_.expires_after(kRecoveryInterval);
      auto [cancelled] = co_await recovery_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return;
      auto nudged = co_await recover_overdue(services_);
      if (!nudged) {
        log_error("order-recovery could not read the store", nudged.error());
      } else if (*nudged > 0) {
        log_info("nudged overdue orders", {{"orders", *nudged}});
      }
    }
  }

  Task<void> flush_access_log_periodically() {
    while (!stopping_) {
      flush_timer_.expires_after(kFlushInterval);
      auto [cancelled] = co_await flush_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return;
      access_log_.flush();
    }
  }

  /// Stops accepting, finishes what is in flight. What is due stays in the store.
  Task<void> stop() {
    ready_ = false;
    stopping_ = true;
    recovery_timer_.cancel();
    flush_timer_.cancel();
    (void)co_await server_.stop();
    co_await queue_.stop();
  }

 private:
  Task<HttpResponse> answer(HttpRequest request) {
    HttpResponse response = co_await api_.handle(std::move(request));
    if (!response.fault.empty()) {
      log_error(
          "a request could not be served",
          {{"route", response.route}, {"status", response.status}, {"detail", response.fault}});
    }
    co_return response;
  }

  void observe(const HttpExchange& exchange) {
    metrics_.observe_request(exchange);
    access_log_.write(exchange);
  }

  /// An error that trying again can not mend ends the nudge here; order-recovery will bring it back
  /// for as long as the order is due, so it is logged and not lost.
  Task<Result<void>> deliver(Stage stage, OrderId id) {
    auto result = co_await process(services_, stage, id);
    if (result) co_return result;
    log_error("a step of an order could not be recorded", result.error(),
              {{"queue", to_string(stage)}, {"orderId", id.to_string()}});
    if (!retryable(result.error().code)) co_return Result<void>{};
    co_return result;
  }

  /// After a failed write: what is due is what the disk says. A while later, since writing fails
  /// now.
  Task<void> nudge_what_is_stored(OrderId id) {
    auto order = co_await orders_.load(id, View::Durable);
    if (!order) co_return;  // order-recovery will find it
    if (const auto step = due((*order)->state)) {
      log_error("a step of an order did not reach the disk", {{"orderId", id.to_string()}});
      (void)co_await queue_.nudge(step->stage, id, kNudgeAfterFailure);
    }
  }

  Task<std::string> scrape() {
    auto counts = co_await orders_.counts();
    if (counts) metrics_.set_orders(counts->by_status, counts->parked);
    auto depths = co_await queue_.depths();
    if (depths) metrics_.set_queues(*depths);
    metrics_.set_connections(server_.connection_count());
    co_return metrics_.text();
  }

  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<SimulatedLedger> ledger_;
  SystemClock clock_;
  SystemIds ids_;
  SqliteOrderStore orders_;
  SqliteProductStore products_;
  SimulatedGateway gateway_;
  SimulatedCarrier carrier_;
  InProcessQueue queue_;
  Services services_;
  Metrics& metrics_;
  AccessLog& access_log_;
  Api api_;
  HttpServer server_;
  asio::io_context& io_;
  asio::steady_timer recovery_timer_;
  asio::steady_timer flush_timer_;
  bool ready_ = false;
  bool stopping_ = false;
};

int give_up(const std::string& why) {
  std::fprintf(stderr, "orderflow: %s\n", why.c_str());
  return 2;
}

Result<void> make_private_folder(const std::filesystem::path& data) {
  std::error_code error;
  const bool created = std::filesystem::create_directories(data, error);
  if (error) {
    return failure(ErrorCode::Unavailable,
                   "cannot make the data folder " + data.string() + ": " + error.message());
  }
  if (created) ::chmod(data.c_str(), 0700);
  return {};
}

void announce(const ServeOptions& options, std::uint16_t port) {
  const bool v6 = options.address.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + options.address + "]" : options.address;
  std::printf("orderflow listens on http://%s:%d\n", host.c_str(), port);
  std::fflush(stdout);
}

/// When this is done nothing is left to do, and the event loop ends by itself.
Task<void> stop_when_signalled(Shop& shop, asio::signal_set& signals,
                               asio::steady_timer& patience) {
  co_await signals.async_wait(asio::use_awaitable);
  log_info("stopping");
  patience.expires_after(kStopWithin);
  patience.async_wait([](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    // Somebody outside takes very long to answer. What is stored is safe at any moment.
    log_info("stopped without waiting for every answer; what is due goes on at the next start");
    std::_Exit(0);
  });
  co_await shop.stop();
  patience.cancel();
}

void rethrow(std::exception_ptr problem) {
  if (problem) std::rethrow_exception(problem);
}

}  // namespace

int serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed log must not end the service
  set_up_log(options.log_level);
  if (auto made = make_private_folder(options.data); !made) return give_up(made.error().detail);
  auto access_log = AccessLog::open(options.access_log);
  if (!access_log) return give_up(access_log.error().detail);

  Metrics metrics;
  asio::io_context io(1);
  auto database =
      sqlite::Database::open(io.get_executor(), options.data,
                             [&metrics](std::size_t size, std::chrono::nanoseconds commit) {
                               metrics.observe_commit_group(size, commit);
                             });
  if (!database) return give_up(database.error().detail);
  auto token = admin_token(options.data);
  if (!token) return give_up(token.error().detail);
  auto ledger = SimulatedLedger::open(io.get_executor(), options.data / "simulated.db");
  if (!ledger) return give_up(ledger.error().detail);

  // Before anything can be answered: a signal from now on means a graceful stop.
  asio::signal_set signals(io, SIGINT, SIGTERM);
  Shop shop(io, options, std::move(*token), metrics, **access_log, std::move(*database),
            std::move(*ledger));
  if (auto started = shop.start(); !started) return give_up(started.error().detail);
  asio::steady_timer patience(io);
  asio::co_spawn(io, stop_when_signalled(shop, signals, patience), rethrow);
  asio::co_spawn(io, shop.resume_open_orders(), rethrow);
  asio::co_spawn(io, shop.recover_periodically(), rethrow);
  asio::co_spawn(io, shop.flush_access_log_periodically(), rethrow);
  announce(options, shop.port());
  io.run();
  return 0;
}

}  // namespace orderflow
