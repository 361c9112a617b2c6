#include "apps/orderflow/aws_home.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "adapters/aws/client.h"
#include "adapters/aws/deployment.h"
#include "adapters/dynamodb/database.h"
#include "adapters/dynamodb/order_store.h"
#include "adapters/dynamodb/product_store.h"
#include "adapters/dynamodb/sandbox_books.h"
#include "adapters/sandbox/sandbox_carrier.h"
#include "adapters/sandbox/sandbox_gateway.h"
#include "adapters/sqs/sqs_consumer.h"
#include "adapters/sqs/sqs_work_queue.h"
#include "adapters/system/system_clock.h"
#include "adapters/system/system_ids.h"
#include "apps/orderflow/admin_token.h"
#include "base/limits.h"
#include "base/log.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

/// Longer than locally: each run reads the index of open orders, which costs, and SQS seldom loses
/// a nudge.
constexpr std::chrono::seconds kRecoveryInterval{60};
constexpr std::chrono::seconds kReadyRetry{2};
/// Orders that are worked on together end their steps at about the same time, so nudges that wait
/// this long share a request.
constexpr Duration kGatherFor{3};
/// Parked orders are counted up to this many.
constexpr std::int64_t kParkedCountMax = 200;

void report(std::string_view what, Stage stage, const Error& error) {
  log_error(what, error, {{"queue", to_string(stage)}});
}

class AwsHome final : public Home {
 public:
  AwsHome(asio::io_context& io, const ServeOptions& options, std::unique_ptr<aws::Client> client,
          aws::Deployment deployment)
      : deployment_(std::move(deployment)),
        client_(std::move(client)),
        database_(*client_),
        orders_(database_, clock_,
                {.orders_table = deployment_.orders_table,
                 .products_table = deployment_.products_table,
                 .id_key = deployment_.id_key}),
        products_(database_, clock_, deployment_.products_table),
        ledger_(database_, deployment_.simulated_table),
        gateway_(ledger_, options.payment_latency),
        carrier_(ledger_, options.carrier_latency),
        queue_(io.get_executor(), *client_, deployment_.queue_urls, ids_,
               {.gather_for = kGatherFor}),
        consumer_(io.get_executor(), *client_, {.queue_urls = deployment_.queue_urls}, ids_,
                  report),
        services_{orders_,  products_, queue_, gateway_,
                  carrier_, clock_,    ids_,   options.unknown_sku},
        ready_retry_(io) {
    orders_.notify_unreadable([](const OrderId& id) {
      log_error("a stored order cannot be read by this version", {{"orderId", id.to_string()}});
    });
  }

  Services& services() override { return services_; }
  const std::string& admin_token() const override { return deployment_.admin_token; }
  std::chrono::seconds recovery_interval() const override { return kRecoveryInterval; }

  /// A message whose step failed comes again. After too many failures SQS moves it to the
  /// dead-letter queue, where a person must look at it.
  void start() override { consumer_.start(logged_take_step(services_)); }

  /// Nothing needs to be resumed, since SQS keeps the nudges. But a process that cannot reach its
  /// tables or queues must not get requests.
  Task<void> make_ready() override {
    while (!stopping_) {
      const auto reached = co_await reach_services();
      if (reached) co_return;
      log_error("not ready", reached.error());
      ready_retry_.expires_after(kReadyRetry);
      (void)co_await ready_retry_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  Task<void> stop() override {
    stopping_ = true;
    ready_retry_.cancel();
    return consumer_.stop();
  }

  /// Does not count orders by status: that would read them all.
  Task<Result<OrderCounts>> counts() override {
    auto parked = co_await orders_.parked(kParkedCountMax);
    if (!parked) co_return std::unexpected(std::move(parked.error()));
    co_return OrderCounts{.parked = static_cast<std::int64_t>(parked->size())};
  }

 private:
  Task<Result<void>> reach_services() {
    const auto overdue = co_await orders_.overdue(clock_.now() - kOverdueGrace, 1);
    if (!overdue) co_return std::unexpected(overdue.error());
    const auto depths = co_await queue_.depths();
    if (!depths) co_return std::unexpected(depths.error());
    co_return Result<void>{};
  }

  aws::Deployment deployment_;
  std::unique_ptr<aws::Client> client_;
  SystemClock clock_;
  SystemIds ids_;
  dynamodb::Database database_;
  DynamoOrderStore orders_;
  DynamoProductStore products_;
  DynamoSandboxBooks ledger_;
  SandboxGateway gateway_;
  SandboxCarrier carrier_;
  SqsWorkQueue queue_;
  SqsConsumer consumer_;
  Services services_;
  asio::steady_timer ready_retry_;
  bool stopping_ = false;
};

/// Runs the event loop until the deployment is known.
Result<aws::Deployment> load_deployment(asio::io_context& io, aws::Client& client) {
  std::optional<Result<aws::Deployment>> loaded;
  asio::co_spawn(io, aws::Deployment::load(client),
                 [&loaded](std::exception_ptr problem, Result<aws::Deployment> deployment) {
                   if (problem) std::rethrow_exception(problem);
                   loaded = std::move(deployment);
                 });
  while (!loaded) io.run_one();
  io.restart();
  return std::move(*loaded);
}

/// Of what a function may do without, this process needs all.
Result<void> check_secrets(const aws::Deployment& deployment) {
  const auto missing = [](const std::string& name) {
    return failure(ErrorCode::InvalidInput, "neither " + name + " nor " + name + "_SECRET is set");
  };
  if (deployment.admin_token.empty()) return missing("ORDERFLOW_ADMIN_TOKEN");
  if (deployment.id_key.empty()) return missing("ORDERFLOW_ID_KEY");
  auto token = checked_admin_token(deployment.admin_token, "ORDERFLOW_ADMIN_TOKEN");
  if (!token) return std::unexpected(token.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<Home>> open_aws_home(asio::io_context& io, const ServeOptions& options) {
  auto settings = aws::Settings::from_environment();
  if (!settings) return std::unexpected(settings.error());
  auto client = std::make_unique<aws::Client>(io.get_executor(), std::move(*settings));
  auto deployment = load_deployment(io, *client);
  if (!deployment) return std::unexpected(deployment.error());
  if (auto complete = check_secrets(*deployment); !complete) {
    return std::unexpected(complete.error());
  }
  return std::make_unique<AwsHome>(io, options, std::move(client), std::move(*deployment));
}

}  // namespace orderflow
