#include "adapters/sandbox/payment_account.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace orderflow::sandbox {
namespace {

constexpr std::string_view kExpired = "authorization_expired";

PaymentAnswer declined(std::string_view reason) {
  return {EffectOutcome::Declined, std::string(reason)};
}
PaymentAnswer timed_out() { return {EffectOutcome::Unknown, "timeout"}; }

/// The entry of this operation that had an effect, if there is one.
const PaymentEntry* effect(const PaymentAccount& account, PaymentOperation operation) {
  const auto found = std::ranges::find_if(account.entries, [&](const PaymentEntry& entry) {
    return entry.operation == operation && entry.answer == kOk;
  });
  return found == account.entries.end() ? nullptr : &*found;
}

bool expired(const PaymentAccount& account) {
  return std::ranges::any_of(account.entries,
                             [](const PaymentEntry& entry) { return entry.answer == kExpired; });
}

std::string_view answer_of_token(std::string_view payment_method) {
  if (payment_method == "pm_card_chargeDeclined") return "card_declined";
  if (payment_method == "pm_card_chargeDeclinedInsufficientFunds") return "insufficient_funds";
  return payment_method.starts_with("pm_") ? kOk : "invalid_payment_method";
}

std::string_view answer_authorize(const PaymentAccount& account, const PaymentRequest& request) {
  if (effect(account, PaymentOperation::Void)) return "voided";
  if (effect(account, PaymentOperation::Authorize)) return "already_authorized";
  return answer_of_token(request.payment_method);
}

std::string_view answer_capture(const PaymentAccount& account, const PaymentRequest& request) {
  const PaymentEntry* held = effect(account, PaymentOperation::Authorize);
  if (effect(account, PaymentOperation::Void)) return "voided";
  if (!held) return "not_authorized";
  if (effect(account, PaymentOperation::Capture)) return "already_captured";
  if (request.amount != held->amount) return "amount_mismatch";
  // An authorization that has expired stays so for every later key.
  if (expired(account) || account.payment_method == "pm_sim_capture_declined") return kExpired;
  return kOk;
}

std::string_view answer_refund(const PaymentAccount& account, const PaymentRequest& request) {
  const PaymentRecord record = record_of(account);
  return request.amount <= record.captured - record.refunded ? kOk : "exceeds_captured";
}

std::string_view answer_new(const PaymentAccount& account, PaymentOperation operation,
                            const PaymentRequest& request) {
  if (request.currency.code() != account.currency) return "currency_mismatch";
  switch (operation) {
    case PaymentOperation::Authorize:
      return answer_authorize(account, request);
    case PaymentOperation::Capture:
      return answer_capture(account, request);
    case PaymentOperation::Void:
      return effect(account, PaymentOperation::Capture) ? "already_captured" : kOk;
    case PaymentOperation::Refund:
      return answer_refund(account, request);
  }
  UNREACHABLE(operation);
}

PaymentAnswer answer_again(const PaymentEntry& entry, const PaymentRequest& request) {
  if (entry.operation != PaymentOperation::Void && entry.amount != request.amount) {
    return declined("idempotency_mismatch");
  }
  if (entry.answer != kOk) return declined(entry.answer);
  return {EffectOutcome::Ok, ""};
}

/// Removes a number from the front of `text`; false where there is none.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

std::optional<PaymentOperation> take_operation(std::string_view& text) {
  for (int i = 0; i < kPaymentOperationCount; ++i) {
    const auto operation = static_cast<PaymentOperation>(i);
    if (take(text, to_string(operation))) return operation;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(PaymentOperation operation) {
  switch (operation) {
    case PaymentOperation::Authorize:
      return "authorize";
    case PaymentOperation::Capture:
      return "capture";
    case PaymentOperation::Void:
      return "void";
    case PaymentOperation::Refund:
      return "refund";
  }
  UNREACHABLE(operation);
}

PaymentAnswer apply(PaymentAccount& account, bool known, PaymentOperation operation, int attempt,
                    const PaymentRequest& request) {
  CHECK(request.amount >= 0);
  if (account.currency.empty()) account.currency = request.currency.code();
  for (const PaymentEntry& entry : account.entries) {
    if (entry.operation == operation && entry.attempt == attempt) {
      return answer_again(entry, request);
    }
  }
  const bool authorizes = operation == PaymentOperation::Authorize;
  if (authorizes && !effect(account, operation)) account.payment_method = request.payment_method;
  if (authorizes && request.payment_method == "pm_sim_unknown_always") return timed_out();
  if (authorizes && request.payment_method == "pm_sim_unknown_before" && !known) return timed_out();

  PaymentEntry entry{operation, attempt, request.amount,
                     std::string(answer_new(account, operation, request))};
  if (operation == PaymentOperation::Void) {
    const PaymentRecord record = record_of(account);
    entry.amount = record.authorized - record.voided - record.captured;
  }
  const bool ok = entry.answer == kOk;
  account.entries.push_back(std::move(entry));
  if (!ok) return declined(account.entries.back().answer);
  if (authorizes && request.payment_method == "pm_sim_unknown_after") return timed_out();
  return {EffectOutcome::Ok, ""};
}

PaymentRecord record_of(const PaymentAccount& account) {
  PaymentRecord record;
  for (const PaymentEntry& entry : account.entries) {
    if (entry.answer != kOk) continue;
    switch (entry.operation) {
      case PaymentOperation::Authorize:
        record.authorized += entry.amount;
        record.has_authorization = true;
        break;
      case PaymentOperation::Capture:
        record.captured += entry.amount;
        record.has_capture = true;
        break;
      case PaymentOperation::Refund:
        record.refunded += entry.amount;
        break;
      case PaymentOperation::Void:
        record.voided += entry.amount;
        record.tombstone = true;
        break;
    }
  }
  if (expired(account)) record.voided = record.authorized;
  return record;
}

bool follows_rules(const PaymentAccount& account) {
  PaymentRequest request{
      .currency = Currency::from_code(account.currency).value_or(Currency::usd()),
      .payment_method = account.payment_method};
  PaymentAccount replayed{
      .currency = account.currency, .payment_method = account.payment_method, .entries = {}};
  for (const PaymentEntry& entry : account.entries) {
    if (entry.amount < 0) return false;
    request.amount = entry.amount;
    (void)apply(replayed, true, entry.operation, entry.attempt, request);
  }
  return replayed == account;
}

std::optional<int> attempt_of(std::string_view key, const OrderId& order,
                              std::string_view operation) {
  int attempt = 0;
  const bool parsed = take(key, order.to_string()) && take(key, ":") && take(key, operation) &&
                      take(key, ":") && take_number(key, attempt) && key.empty();
  return parsed && attempt >= 1 ? std::optional(attempt) : std::nullopt;
}

void append_entry(std::string& text, const PaymentEntry& entry) {
  text += to_string(entry.operation);
  text += ':';
  text += std::to_string(entry.attempt);
  text += ' ';
  text += std::to_string(entry.amount);
  text += ' ';
  text += entry.answer;
  text += '\n';
}

std::optional<std::vector<PaymentEntry>> parse_entries(std::string_view text) {
  std::vector<PaymentEntry> entries;
  while (!text.empty()) {
    PaymentEntry entry;
    const auto operation = take_operation(text);
    if (!operation || !take(text, ":") || !take_number(text, entry.attempt) || !take(text, " ") ||
        !take_number(text, entry.amount) || !take(text, " ")) {
      return std::nullopt;
    }
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    entry.operation = *operation;
    entry.answer = text.substr(0, end);
    text.remove_prefix(end + 1);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace orderflow::sandbox
