#include "apps/lambda/lambda_function.h"

#include <utility>

#include "api/routes.h"

namespace orderflow::lambda {
namespace {

/// The orders of a batch take about equally long, so nudges that wait this long share requests:
/// measured, a tenth of the sends.
constexpr Duration kGatherFor{30};
/// After an outage the sweep is long; the function has a minute.
constexpr std::chrono::seconds kRecoveryPatience{30};

/// A function gets only the secrets that it needs, and must have those.
Result<void> check_secrets(const FunctionEntry& entry, const AwsResources& resources) {
  if (entry.name == kOrderAdmin && resources.admin_token.empty() && !resources.admins_by_jwt) {
    return failure(ErrorCode::InvalidInput,
                   "none of ORDERFLOW_ADMIN_TOKEN, ORDERFLOW_ADMIN_TOKEN_SECRET and "
                   "ORDERFLOW_ADMIN_AUTHORIZER is set");
  }
  if (entry.name == kOrderSubmission && resources.id_key.empty()) {
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

Result<std::unique_ptr<LambdaFunction>> LambdaFunction::open(boost::asio::io_context& io,
                                                             const FunctionEntry& entry, Log& log) {
  const bool works_on_batches = entry.trigger == Trigger::Queue;
  auto adapters = AwsAdapters::open(
      io, {.queue = {.gather_for = works_on_batches ? kGatherFor : Duration::zero()}});
  if (!adapters) return std::unexpected(std::move(adapters.error()));
  if (auto checked = check_secrets(entry, (*adapters)->resources); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return std::unique_ptr<LambdaFunction>(new LambdaFunction(io, entry, log, std::move(*adapters)));
}

LambdaFunction::LambdaFunction(boost::asio::io_context& io, const FunctionEntry& entry, Log& log,
                               std::unique_ptr<AwsAdapters> adapters)
    : io_(io),
      entry_(entry),
      log_(log),
      adapters_(std::move(adapters)),
      services_{
          adapters_->orders,
          adapters_->products,
          adapters_->queue,
          adapters_->gateway,
          adapters_->carrier,
          adapters_->clock,
          adapters_->ids,
          adapters_->resources.reject_unknown_sku ? UnknownSku::Reject : UnknownSku::MakeToOrder},
      api_(services_, api_settings(entry, adapters_->resources.admin_token)) {
  if (entry.trigger == Trigger::Schedule) adapters_->dynamo.set_patience(kRecoveryPatience);
  adapters_->orders.notify_stored([&log](EventType event) { log.tally().count(event); });
  adapters_->orders.notify_unreadable([&log](const OrderId& id) {
    ++log.tally().orders_unreadable;
    log.error("a stored order cannot be read by this version",
              {{"orderId", std::string_view(id.to_string())}});
  });
}

Function LambdaFunction::handler() {
  auto perform = make_function(
      entry_, {io_.get_executor(), services_, api_, log_, adapters_->resources.admins_by_jwt});
  return [this, perform = std::move(perform)](const Invocation& invocation) {
    adapters_->dynamo.end_by(invocation.deadline - kStopMargin);  // leaves time to answer
    return perform(invocation);
  };
}

}  // namespace orderflow::lambda
