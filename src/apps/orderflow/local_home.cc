#include "apps/orderflow/local_home.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <utility>

#include "adapters/local_queue/in_process_queue.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqlite/engine/data_folder.h"
#include "adapters/sqlite/orders/sqlite_order_store.h"
#include "adapters/sqlite/products/sqlite_product_store.h"
#include "adapters/sqlite/sandbox/sqlite_sandbox_books.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"
#include "adapters/system/system_timers.h"
#include "apps/orderflow/admin_token.h"
#include "base/log.h"
#include "functions/order_recovery.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

/// How long after a failed write the writer's thread tries one by itself.
constexpr std::chrono::milliseconds kTryAgainAfter{1'000};

class LocalHome final : public Home {
 public:
  LocalHome(asio::io_context& io, const ServeOptions& options, std::string token,
            std::unique_ptr<sqlite::ShopDatabase> database,
            std::unique_ptr<SqliteSandboxBooks> books)
      : io_(io),
        data_(options.data),
        admin_token_(std::move(token)),
        database_(std::move(database)),
        books_(std::move(books)),
        orders_(*database_, options.recent_orders_mib * 1024 * 1024),
        products_(*database_, clock_),
        gateway_(*books_, options.payment_latency),
        carrier_(*books_, options.carrier_latency),
        timers_(io.get_executor()),
        queue_(io.get_executor(), timers_, ids_),
        services_{orders_,  products_, queue_, gateway_,
                  carrier_, clock_,    ids_,   options.unknown_sku} {
    orders_.notify_unreadable([](const std::string& id) {
      log_error("a stored order cannot be read; `orderflow audit` says why", {{"orderId", id}});
    });
    products_.notify_unreadable([](const std::string& sku) {
      log_error("a stored product has no valid price or currency", {{"sku", sku}});
    });
    orders_.notify_lost([this](const OrderId& id, const Error* error) {
      if (error != nullptr) {
        log_error("a step of an order did not reach the disk", *error,
                  {{"orderId", id.to_string()}});
      }
      asio::co_spawn(io_, nudge_what_is_stored(services_, id), asio::detached);
    });
  }

  Services& services() override { return services_; }
  const std::string& admin_token() const override { return admin_token_; }
  std::chrono::seconds recovery_interval() const override { return std::chrono::seconds(5); }

  void start() override { queue_.start(logged_take_step(services_)); }
  /// Nudges every order with a due step: the queues are in memory, so the last process lost them.
  Task<void> make_ready() override {
    ReadOpenOrders read = [this](std::int64_t after, std::int64_t limit) {
      return orders_.open_orders(after, limit);
    };
    ReportError report = [](std::string_view message, const Error& error, LogFields fields) {
      log_error(message, error, fields);
    };
    const auto resumed =
        co_await resume_open_orders(std::move(read), queue_, clock_, std::move(report));
    if (resumed > 0) log_info("resumed open orders", {{"orders", resumed}});
  }
  Task<void> stop() override { return queue_.stop(); }

  bool can_write() const override { return !database_->writer().writes_fail(); }
  Task<Result<OrderCounts>> counts() override { return orders_.counts(); }
  std::optional<std::uintmax_t> write_ahead_log_bytes() const override {
    return sqlite::write_ahead_log_bytes(data_);
  }

 private:
  asio::io_context& io_;
  std::filesystem::path data_;
  std::string admin_token_;
  std::unique_ptr<sqlite::ShopDatabase> database_;
  std::unique_ptr<SqliteSandboxBooks> books_;
  SystemClock clock_;
  SystemIds ids_;
  SqliteOrderStore orders_;
  SqliteProductStore products_;
  SandboxGateway gateway_;
  SandboxCarrier carrier_;
  SystemTimers timers_;
  InProcessQueue queue_;
  Services services_;
};

/// The books of the sandbox stand for the provider's computer. Without them orders that were paid
/// would be declined at their next step.
Result<void> refuse_lost_books(const std::filesystem::path& data) {
  const auto books = data / sqlite::kBooksFile;
  if (sqlite::has_content(books)) return {};
  return failure(
      ErrorCode::Corrupt,
      books.string() +
          " is missing or empty, but the shop has orders. Restore the shop's files from a "
          "backup; or, to go on without what the sandbox knew, export the shop and import "
          "it into another folder");
}

}  // namespace

Result<std::unique_ptr<Home>> open_local_home(asio::io_context& io, const ServeOptions& options,
                                              Metrics& metrics) {
  if (auto made = sqlite::make_data_folder(options.data); !made) {
    return std::unexpected(made.error());
  }
  const auto on_group = [&metrics](std::size_t size, std::chrono::nanoseconds commit) {
    metrics.observe_commit_group(size, commit);
  };
  auto database = sqlite::ShopDatabase::open(
      io.get_executor(), options.data, {.on_group = on_group, .try_again_after = kTryAgainAfter});
  if (!database) return std::unexpected(database.error());
  if ((*database)->had_orders_at_open()) {
    if (auto there = refuse_lost_books(options.data); !there) return std::unexpected(there.error());
  }
  auto token = admin_token(options.data);
  if (!token) return std::unexpected(token.error());
  auto books = SqliteSandboxBooks::open(io.get_executor(), options.data / sqlite::kBooksFile);
  if (!books) return std::unexpected(books.error());
  sqlite::sync_folder(options.data);
  return std::make_unique<LocalHome>(io, options, std::move(*token), std::move(*database),
                                     std::move(*books));
}

}  // namespace orderflow
