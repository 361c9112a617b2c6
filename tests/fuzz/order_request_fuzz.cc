#include "api/order_request.h"

#include <algorithm>

#include "api/json_value.h"
#include "api/product_request.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

// The body of POST /orders, and of the other requests that have one.
namespace orderflow {
namespace {

enum class Seen { Always, Optional };

void check_text(std::string_view text, Seen seen, std::size_t characters_max) {
  CHECK(seen == Seen::Optional || !is_blank(text));
  CHECK(count_characters(text) <= characters_max);
  CHECK(text.find('\0') == std::string_view::npos);
  CHECK(is_utf8(text));
}

void check_draft(const OrderDraft& draft) {
  check_text(draft.customer_email, Seen::Always, kEmailCharactersMax);
  CHECK(!draft.lines.empty() && draft.lines.size() <= kOrderLinesMax);
  for (const DraftLine& line : draft.lines) {
    check_text(line.name, Seen::Always, kNameCharactersMax);
    check_text(line.sku, Seen::Always, std::max(kSkuCharactersMax, kNameCharactersMax));
    CHECK(line.quantity >= 1 && line.quantity <= kQuantityMax);
    CHECK(!line.price || *line.price >= 0);
  }
  check_text(draft.payment_method, Seen::Always, kPaymentMethodCharactersMax);
  if (const auto& address = draft.shipping_address) {
    for (const auto* field : {&address->name, &address->line1, &address->line2, &address->city,
                              &address->region, &address->postal_code}) {
      check_text(*field, Seen::Optional, kAddressFieldCharactersMax);
    }
    CHECK(!address->line1.empty() && !address->city.empty() && address->country.size() == 2);
  }
  CHECK(draft.metadata.size() <= kMetadataEntriesMax);
  CHECK(std::ranges::is_sorted(draft.metadata));
  for (const auto& [key, value] : draft.metadata) {
    check_text(key, Seen::Always, kMetadataKeyCharactersMax);
    check_text(value, Seen::Optional, kMetadataValueCharactersMax);
  }
}

template <typename T>
void check_errors(const Valid<T>& read) {
  if (read) return;
  CHECK(!read.error().empty());
  for (const FieldError& error : read.error()) {
    CHECK(error.pointer.empty() || error.pointer.starts_with('/'));
    CHECK(!error.detail.empty());
  }
}

}  // namespace

FUZZ(order_request) {
  if (input.size() > kBodyBytesMax) return;
  const auto document = JsonDocument::parse(input);
  if (!document) {
    CHECK(document.error().offset <= input.size() && document.error().line >= 1);
    return;
  }
  const auto draft = read_order(document->root());
  check_errors(draft);
  if (draft) check_draft(*draft);

  // What means the same has the same fingerprint: here the text with white space around it.
  const std::string padded = " \n" + std::string(input) + "\t";
  const auto again = JsonDocument::parse(padded);
  CHECK(again);
  CHECK(idempotency_of("a@b", "k", document->root()) == idempotency_of("a@b", "k", again->root()));

  const auto product = read_product(document->root());
  check_errors(product);
  if (product) {
    check_text(product->entry.name, Seen::Always, kNameCharactersMax);
    CHECK(product->entry.price >= 0);
    CHECK(!product->available || (*product->available >= 0 && *product->available <= kStockMax));
  }
  const auto adjustment = read_adjustment(document->root());
  check_errors(adjustment);
  if (adjustment) {
    check_text(adjustment->reason, Seen::Always, kReasonCharactersMax);
    CHECK(adjustment->quantity != 0 && std::abs(adjustment->quantity) <= kStockMax);
  }
  const auto cancellation = read_cancellation(document->root());
  check_errors(cancellation);
  if (cancellation) check_text(*cancellation, Seen::Always, kReasonCharactersMax);
}

}  // namespace orderflow
