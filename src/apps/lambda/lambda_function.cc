#include "apps/lambda/lambda_function.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "api/routes.h"

namespace orderflow::lambda {
namespace {

namespace asio = boost::asio;

Result<aws::Deployment> load_deployment(asio::io_context& io, aws::Client& client) {
  std::optional<Result<aws::Deployment>> loaded;
  asio::co_spawn(io, aws::Deployment::load(client),
                 [&loaded](std::exception_ptr thrown, Result<aws::Deployment> deployment) {
                   if (thrown) std::rethrow_exception(thrown);
                   loaded = std::move(deployment);
                 });
  io.run();
  io.restart();
  return std::move(*loaded);
}

/// The orders of a batch take about equally long, so nudges that wait this long share requests:
/// measured, a tenth of the sends.
constexpr Duration kGatherFor{30};
/// After an outage the sweep is long; the function has a minute.
constexpr std::chrono::seconds kRecoveryPatience{30};

/// A function gets only the secrets that it needs, and must have those.
Result<void> check_secrets(const FunctionEntry& entry, const aws::Deployment& deployment) {
  if (entry.name == kOrderAdmin && deployment.admin_token.empty() && !deployment.admins_by_jwt) {
    return failure(ErrorCode::InvalidInput,
                   "none of ORDERFLOW_ADMIN_TOKEN, ORDERFLOW_ADMIN_TOKEN_SECRET and "
                   "ORDERFLOW_ADMIN_AUTHORIZER is set");
  }
  if (entry.name == kOrderSubmission && deployment.id_key.empty()) {
    return failure(ErrorCode::InvalidInput,
                   "neither ORDERFLOW_ID_KEY nor ORDERFLOW_ID_KEY_SECRET is set");
  }
  return {};
}

ApiSettings api_settings(const FunctionEntry& entry, std::string admin_token) {
  ApiSettings settings;
  settings.admin_token = std::move(admin_token);
  settings.function = entry.name;
  return settings;
}

}  // namespace

Result<std::unique_ptr<LambdaFunction>> LambdaFunction::open(asio::io_context& io,
                                                             const FunctionEntry& entry, Log& log) {
  auto settings = aws::Settings::from_environment();
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto client = std::make_unique<aws::Client>(io.get_executor(), std::move(*settings));
  auto deployment = load_deployment(io, *client);
  if (!deployment) return std::unexpected(std::move(deployment.error()));
  if (auto checked = check_secrets(entry, *deployment); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return std::unique_ptr<LambdaFunction>(
      new LambdaFunction(io, entry, log, std::move(client), *deployment));
}

LambdaFunction::LambdaFunction(asio::io_context& io, const FunctionEntry& entry, Log& log,
                               std::unique_ptr<aws::Client> client,
                               const aws::Deployment& deployment)
    : io_(io),
      entry_(entry),
      log_(log),
      admins_by_jwt_(deployment.admins_by_jwt),
      client_(std::move(client)),
      database_(*client_),
      orders_(database_, clock_,
              {deployment.orders_table, deployment.products_table, deployment.id_key}),
      products_(database_, clock_, deployment.products_table),
      ledger_(database_, deployment.simulated_table),
      gateway_(ledger_),
      carrier_(ledger_),
      queue_(io.get_executor(), *client_, deployment.queue_urls, ids_,
             {.gather_for = entry.trigger == Trigger::Queue ? kGatherFor : Duration::zero()}),
      services_{
          orders_,  products_,
          queue_,   gateway_,
          carrier_, clock_,
          ids_,     deployment.reject_unknown_sku ? UnknownSku::Reject : UnknownSku::MakeToOrder},
      api_(services_, api_settings(entry, deployment.admin_token)) {
  if (entry.trigger == Trigger::Schedule) database_.set_patience(kRecoveryPatience);
  orders_.notify_stored([&log](EventType event) { log.tally().count(event); });
  orders_.notify_unreadable([&log](const OrderId& id) {
    ++log.tally().orders_unreadable;
    log.error("a stored order cannot be read by this version",
              {{"orderId", std::string_view(id.to_string())}});
  });
}

Function LambdaFunction::handler() {
  auto perform = make_function(entry_, {io_.get_executor(), services_, api_, log_, admins_by_jwt_});
  return [this, perform = std::move(perform)](const Invocation& invocation) {
    database_.end_by(invocation.deadline - kStopMargin);  // leaves time to answer
    return perform(invocation);
  };
}

}  // namespace orderflow::lambda
