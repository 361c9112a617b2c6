#pragma once

#include <string>
#include <vector>

#include "base/money.h"

// What the sandbox's payment provider has on its books. Its rules are
// adapters/sandbox/payment_account.h.
namespace orderflow::sandbox {

enum class PaymentOperation { Authorize, Capture, Void, Refund };
inline constexpr int kPaymentOperationCount = 4;

/// The answer that was given under one key. Where it is "ok", the effect happened.
struct PaymentEntry {
  PaymentOperation operation{};
  int attempt = 0;
  Minor amount = 0;    ///< of the request; for a void, what it released
  std::string answer;  ///< "ok" or why it was declined

  friend bool operator==(const PaymentEntry&, const PaymentEntry&) = default;
};

/// Everything that the provider did for an order, oldest first. Balances are sums of the entries.
struct PaymentAccount {
  std::string currency;
  std::string payment_method;  ///< authorized, or tried last; empty where a void came first
  std::vector<PaymentEntry> entries;

  friend bool operator==(const PaymentAccount&, const PaymentAccount&) = default;
};

}  // namespace orderflow::sandbox
