#include "adapters/dynamodb/sandbox_item.h"

#include <limits>
#include <utility>

#include "adapters/sandbox/payment_account.h"

namespace orderflow::dynamodb {
namespace {

std::unexpected<Error> not_as_written() {
  return failure(ErrorCode::Corrupt, "the sandbox's books are not as they were written");
}

}  // namespace

Attributes account_attributes(const sandbox::PaymentAccount& account) {
  std::string entries;
  for (const sandbox::PaymentEntry& entry : account.entries) append_entry(entries, entry);
  return {{"currency", account.currency}, {"method", account.payment_method}, {"entries", entries}};
}

Result<std::optional<sandbox::PaymentAccount>> read_account(const DynamoItem& item) {
  if (!item.number("version")) return std::nullopt;  // shipped, and never paid for
  const auto currency = item.text("currency");
  const auto method = item.text("method");
  const auto text = item.text("entries");
  auto entries = text ? sandbox::parse_entries(*text) : std::nullopt;
  if (!currency || !method || !entries) return not_as_written();
  return sandbox::PaymentAccount{std::string(*currency), std::string(*method), std::move(*entries)};
}

Result<std::optional<int>> read_shipment(const DynamoItem& item) {
  const auto attempt = item.number("shipment");
  if (!attempt) return std::nullopt;
  if (*attempt < 1 || *attempt > std::numeric_limits<int>::max()) return not_as_written();
  return static_cast<int>(*attempt);
}

}  // namespace orderflow::dynamodb
