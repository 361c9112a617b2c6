#include "adapters/sandbox/sandbox_gateway.h"

#include "adapters/sandbox/latency.h"

namespace orderflow {

using sandbox::PaymentOperation;

Task<PaymentAnswer> SandboxGateway::authorize(PaymentRequest request) {
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

Task<std::optional<PaymentRecord>> SandboxGateway::look_up(OrderId order) {
  const auto record = co_await ledger_.payment(order);
  if (latency_ > Duration::zero()) co_await sandbox::pass(latency_);
  co_return record ? std::optional(*record) : std::nullopt;
}

Task<PaymentAnswer> SandboxGateway::pay(PaymentOperation operation, PaymentRequest request) {
  const auto attempt = sandbox::attempt_of(request.key, request.order, to_string(operation));
  if (!attempt) co_return PaymentAnswer{EffectOutcome::Declined, "invalid_key"};
  auto answer = co_await ledger_.pay(operation, *attempt, std::move(request));
  if (latency_ > Duration::zero()) co_await sandbox::pass(latency_);
  if (!answer) co_return PaymentAnswer{EffectOutcome::Unknown, "provider_unavailable"};
  co_return std::move(*answer);
}

}  // namespace orderflow
