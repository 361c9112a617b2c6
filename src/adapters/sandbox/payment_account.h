#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/payment_gateway.h"
#include "ports/sandbox_books.h"

// The rules of the sandbox's payment provider, without storage.
namespace orderflow::sandbox {

[[nodiscard]] std::string_view to_string(PaymentOperation operation);  ///< "authorize"

inline constexpr std::string_view kOk = "ok";

/// Answers `request` and, where (operation, attempt) is new, enters the answer. `known`: the
/// account was there before this request.
[[nodiscard]] PaymentAnswer apply(PaymentAccount& account, bool known, PaymentOperation operation,
                                  int attempt, const PaymentRequest& request);

[[nodiscard]] PaymentRecord record_of(const PaymentAccount& account);

/// Whether apply() gives these answers to these requests, in this order.
[[nodiscard]] bool follows_rules(const PaymentAccount& account);

/// The attempt of a key "<order>:<operation>:<attempt>"; nullopt for any other.
[[nodiscard]] std::optional<int> attempt_of(std::string_view key, const OrderId& order,
                                            std::string_view operation);

/// A line an entry, "capture:1 5998 ok\n".
void append_entry(std::string& text, const PaymentEntry& entry);
/// nullopt for text that append_entry() did not write.
[[nodiscard]] std::optional<std::vector<PaymentEntry>> parse_entries(std::string_view text);

}  // namespace orderflow::sandbox
