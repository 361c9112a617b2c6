#include "adapters/sandbox/sandbox_gateway.h"

#include <algorithm>

#include "adapters/sandbox/delay.h"

namespace orderflow {

using sandbox::PaymentOperation;

Task<PaymentAnswer> SandboxGateway::authorize(PaymentRequest request) {
  if (request.payment_method == "pm_sim_hold") return authorize_and_hold(std::move(request));
  if (request.payment_method == "pm_sim_release") release_until(request.order);
  return pay(PaymentOperation::Authorize, std::move(request));
}

Task<PaymentAnswer> SandboxGateway::capture(PaymentRequest request) {
  return pay(PaymentOperation::Capture, std::move(request));
}

Task<PaymentAnswer> SandboxGateway::void_authorization(PaymentRequest request) {
  return pay(PaymentOperation::Void, std::move(request));
}

Task<PaymentAnswer> SandboxGateway::refund(PaymentRequest request) {
  return pay(PaymentOperation::Refund, std::move(request));
}

Task<std::expected<PaymentRecord, PaymentAnswer>> SandboxGateway::look_up(OrderId order) {
  const auto record = co_await books_.payment(order);
  if (latency_ > Duration::zero()) co_await sandbox::delay(latency_);
  if (record) co_return *record;
  co_return std::unexpected(PaymentAnswer{EffectOutcome::Unknown, "payment_look_up_failed"});
}

Task<PaymentAnswer> SandboxGateway::pay(PaymentOperation operation, PaymentRequest request) {
  const auto attempt = sandbox::attempt_of(request.key, request.order, to_string(operation));
  if (!attempt) co_return PaymentAnswer{EffectOutcome::Declined, "invalid_key"};
  auto answer = co_await books_.pay(operation, *attempt, std::move(request));
  if (latency_ > Duration::zero()) co_await sandbox::delay(latency_);
  if (!answer) co_return PaymentAnswer{EffectOutcome::Unknown, "provider_unavailable"};
  co_return std::move(*answer);
}

Task<PaymentAnswer> SandboxGateway::authorize_and_hold(PaymentRequest request) {
  const OrderId order = request.order;
  PaymentAnswer answer = co_await pay(PaymentOperation::Authorize, std::move(request));
  const auto executor = co_await boost::asio::this_coro::executor;
  if (!hold_) hold_.emplace(executor, std::chrono::steady_clock::time_point::max());
  while (released_until_ < order) {
    (void)co_await hold_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_return answer;
}

/// Goes by the id, not by who waits: an older order whose nudge comes later is not held any more.
void SandboxGateway::release_until(const OrderId& order) {
  released_until_ = std::max(released_until_, order);
  if (hold_) hold_->cancel();
}

}  // namespace orderflow
