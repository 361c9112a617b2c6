#include "apps/orderflow/aws_home.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "adapters/aws_home/aws_adapters.h"
#include "adapters/sqs/sqs_consumer.h"
#include "apps/orderflow/admin_token.h"
#include "base/limits.h"
#include "base/log.h"
#include "functions/take_step.h"

namespace orderflow {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kReadyRetry{2};
/// Orders that are worked on together end their steps at about the same time, so nudges that wait
/// this long share a request.
constexpr Duration kGatherFor{3};

void report(std::string_view what, Stage stage, const Error& error) {
  log_error(what, error, {{"queue", to_string(stage)}});
}

class AwsHome final : public Home {
 public:
  AwsHome(asio::io_context& io, const ServeOptions& options, std::unique_ptr<AwsAdapters> adapters)
      : adapters_(std::move(adapters)),
        consumer_(io.get_executor(), *adapters_->client,
                  {.queue_urls = adapters_->resources.queue_urls,
                   .deliveries_max = adapters_->resources.deliveries_max},
                  adapters_->ids, report),
        services_{adapters_->orders,  adapters_->products, adapters_->queue, adapters_->gateway,
                  adapters_->carrier, adapters_->clock,    adapters_->ids,   options.unknown_sku},
        ready_retry_(io) {
    adapters_->orders.notify_unreadable([](const OrderId& id) {
      log_error("a stored order cannot be read by this version", {{"orderId", id.to_string()}});
    });
    adapters_->queue.notify_lost([](const OrderId& id, const Error& error) {
      log_error("a nudge was lost; order-recovery will nudge the order", error,
                {{"orderId", id.to_string()}});
    });
  }

  Services& services() override { return services_; }
  const std::string& admin_token() const override { return adapters_->resources.admin_token; }
  /// Longer than locally: each run reads the index of open orders, which costs, and SQS seldom loses
  /// a nudge.
  std::chrono::seconds recovery_interval() const override { return std::chrono::seconds(60); }

  /// A message whose step failed comes again. After too many failures the order is put off or parked; where
  /// that is not possible, SQS moves the message to the dead-letter queue.
  void start() override {
    consumer_.start(logged_take_step(services_), [this](Stage stage, OrderId id, Error error) {
      return give_up(services_, stage, id, std::move(error));
    });
  }

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

  /// False while DynamoDB does not answer, so that a load balancer sends requests elsewhere. Each run of
  /// order-recovery asks it again.
  bool can_write() const override {
    return adapters_->client->is_answered_by(AwsService::DynamoDb);
  }

  /// Does not count orders by status: that would read them all. Of the parked ones it counts those
  /// that GET /queues lists.
  Task<Result<OrderCounts>> counts() override {
    auto parked = co_await adapters_->orders.parked(kParkedListMax, "");
    if (!parked) co_return std::unexpected(std::move(parked.error()));
    co_return OrderCounts{.parked = static_cast<std::int64_t>(parked->orders.size())};
  }

 private:
  Task<Result<void>> reach_services() {
    const auto parked = co_await adapters_->orders.parked(1, "");
    if (!parked) co_return std::unexpected(parked.error());
    const auto depths = co_await adapters_->queue.depths();
    if (!depths) co_return std::unexpected(depths.error());
    co_return Result<void>{};
  }

  const std::unique_ptr<AwsAdapters> adapters_;
  SqsConsumer consumer_;
  Services services_;
  asio::steady_timer ready_retry_;
  bool stopping_ = false;
};

/// This process needs every secret, while a Lambda function is given only those that it uses.
Result<void> check_secrets(const AwsResources& resources) {
  const auto missing = [](const std::string& name) {
    return failure(ErrorCode::InvalidInput, "neither " + name + " nor " + name + "_SECRET is set");
  };
  if (resources.admin_token.empty()) return missing("ORDERFLOW_ADMIN_TOKEN");
  if (resources.id_key.empty()) return missing("ORDERFLOW_ID_KEY");
  auto token = checked_admin_token(resources.admin_token, "ORDERFLOW_ADMIN_TOKEN");
  if (!token) return std::unexpected(token.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<Home>> open_aws_home(asio::io_context& io, const ServeOptions& options) {
  auto adapters = AwsAdapters::open(io, {.queue = {.gather_for = kGatherFor},
                                         .payment_latency = options.payment_latency,
                                         .carrier_latency = options.carrier_latency});
  if (!adapters) return std::unexpected(adapters.error());
  if (auto complete = check_secrets((*adapters)->resources); !complete) {
    return std::unexpected(complete.error());
  }
  return std::make_unique<AwsHome>(io, options, std::move(*adapters));
}

}  // namespace orderflow
