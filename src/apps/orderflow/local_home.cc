#include "apps/orderflow/local_home.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <utility>

#include "adapters/local_queue/in_process_queue.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
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

class LocalHome final : public Home {
 public:
  LocalHome(asio::io_context& io, const ServeOptions& options, std::string token,
            std::unique_ptr<sqlite::ShopDatabase> database,
            std::unique_ptr<SqliteSandboxBooks> books)
      : io_(io),
        admin_token_(std::move(token)),
        database_(std::move(database)),
        books_(std::move(books)),
        ids_(database_->newest_at_open().value_or(OrderId{})),
        orders_(*database_),
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
    orders_.notify_lost([this](const OrderId& id) {
      log_error("a step of an order did not reach the disk", {{"orderId", id.to_string()}});
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
    const auto resumed = co_await resume_open_orders(std::move(read), queue_, std::move(report));
    if (resumed > 0) log_info("resumed open orders", {{"orders", resumed}});
  }
  Task<void> stop() override { return queue_.stop(); }

  Task<Result<OrderCounts>> counts() override { return orders_.counts(); }

 private:
  asio::io_context& io_;
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

/// Makes new files in the folder durable: their names are part of the folder.
void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder above ours that we may not read
  ::fsync(fd);
  ::close(fd);
}

Result<void> make_private_folder(const std::filesystem::path& data) {
  std::error_code error;
  const bool created = std::filesystem::create_directories(data, error);
  if (error) {
    return failure(ErrorCode::Unavailable,
                   "cannot make the data folder " + data.string() + ": " + error.message());
  }
  if (!created) return {};
  ::chmod(data.c_str(), 0700);
  for (auto above = std::filesystem::absolute(data).parent_path();; above = above.parent_path()) {
    sync_folder(above);
    if (above == above.parent_path()) return {};
  }
}

}  // namespace

Result<std::unique_ptr<Home>> open_local_home(asio::io_context& io, const ServeOptions& options,
                                              Metrics& metrics) {
  if (auto made = make_private_folder(options.data); !made) return std::unexpected(made.error());
  const auto on_group = [&metrics](std::size_t size, std::chrono::nanoseconds commit) {
    metrics.observe_commit_group(size, commit);
  };
  auto database =
      sqlite::ShopDatabase::open(io.get_executor(), options.data, {.on_group = on_group});
  if (!database) return std::unexpected(database.error());
  auto token = admin_token(options.data);
  if (!token) return std::unexpected(token.error());
  auto books = SqliteSandboxBooks::open(io.get_executor(), options.data / "simulated.db");
  if (!books) return std::unexpected(books.error());
  sync_folder(options.data);
  return std::make_unique<LocalHome>(io, options, std::move(*token), std::move(*database),
                                     std::move(*books));
}

}  // namespace orderflow
